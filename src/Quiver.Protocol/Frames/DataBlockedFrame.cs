using Quiver.Protocol.Buffers;
using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.Frames;

/// <summary>DATA_BLOCKED: the connection limit stops the sender. RFC 9000 §19.12.</summary>
internal readonly record struct DataBlockedFrame(ulong Limit)
{
    public int Length => 1 + VarInt.Length(Limit);

    public static bool TryRead(scoped ref PacketReader reader, out DataBlockedFrame frame)
    {
        if (reader.TryReadVarInt(out ulong v0))
        {
            frame = new DataBlockedFrame(v0);
            return true;
        }

        frame = default;
        return false;
    }

    public void Write(ref PacketWriter writer)
    {
        writer.WriteVarInt((ulong)FrameType.DataBlocked);
        writer.WriteVarInt(Limit);
    }
}
