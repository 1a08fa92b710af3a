using Quiver.Protocol.Buffers;
using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.Frames;

/// <summary>STREAM_DATA_BLOCKED: a stream limit stops the sender. RFC 9000 §19.13.</summary>
internal readonly record struct StreamDataBlockedFrame(ulong StreamId, ulong Limit)
{
    public int Length => 1 + VarInt.Length(StreamId) + VarInt.Length(Limit);

    public static bool TryRead(scoped ref PacketReader reader, out StreamDataBlockedFrame frame)
    {
        if (reader.TryReadVarInt(out ulong v0)
            && reader.TryReadVarInt(out ulong v1))
        {
            frame = new StreamDataBlockedFrame(v0, v1);
            return true;
        }

        frame = default;
        return false;
    }

    public void Write(ref PacketWriter writer)
    {
        writer.WriteVarInt((ulong)FrameType.StreamDataBlocked);
        writer.WriteVarInt(StreamId);
        writer.WriteVarInt(Limit);
    }
}
