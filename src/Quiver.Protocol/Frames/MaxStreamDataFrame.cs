using Quiver.Protocol.Buffers;
using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.Frames;

/// <summary>MAX_STREAM_DATA: stream credit. RFC 9000 §19.10.</summary>
internal readonly record struct MaxStreamDataFrame(ulong StreamId, ulong Maximum)
{
    public int Length => 1 + VarInt.Length(StreamId) + VarInt.Length(Maximum);

    public static bool TryRead(scoped ref PacketReader reader, out MaxStreamDataFrame frame)
    {
        if (reader.TryReadVarInt(out ulong v0)
            && reader.TryReadVarInt(out ulong v1))
        {
            frame = new MaxStreamDataFrame(v0, v1);
            return true;
        }

        frame = default;
        return false;
    }

    public void Write(ref PacketWriter writer)
    {
        writer.WriteVarInt((ulong)FrameType.MaxStreamData);
        writer.WriteVarInt(StreamId);
        writer.WriteVarInt(Maximum);
    }
}
