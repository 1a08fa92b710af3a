using Quiver.Protocol.Buffers;
using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.Frames;

/// <summary>MAX_DATA: connection credit. RFC 9000 §19.9.</summary>
internal readonly record struct MaxDataFrame(ulong Maximum)
{
    public int Length => 1 + VarInt.Length(Maximum);

    public static bool TryRead(scoped ref PacketReader reader, out MaxDataFrame frame)
    {
        if (reader.TryReadVarInt(out ulong v0))
        {
            frame = new MaxDataFrame(v0);
            return true;
        }

        frame = default;
        return false;
    }

    public void Write(ref PacketWriter writer)
    {
        writer.WriteVarInt((ulong)FrameType.MaxData);
        writer.WriteVarInt(Maximum);
    }
}
