using Quiver.Protocol.Buffers;
using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.Frames;

/// <summary>STREAMS_BLOCKED: the stream limit stops the sender. RFC 9000 §19.14.</summary>
internal readonly record struct StreamsBlockedFrame(StreamDirection Direction, ulong Limit)
{
    public int Length => 1 + VarInt.Length(Limit);

    /// <summary>A count above 2^60 is a frame encoding error. RFC 9000 §19.14.</summary>
    public static bool TryRead(scoped ref PacketReader reader, FrameType type, out StreamsBlockedFrame frame)
    {
        if (reader.TryReadVarInt(out ulong count) && count <= Primitives.StreamId.MaxCount)
        {
            frame = new StreamsBlockedFrame(
                type == FrameType.StreamsBlockedBidirectional ? StreamDirection.Bidirectional : StreamDirection.Unidirectional, count);
            return true;
        }

        frame = default;
        return false;
    }

    public void Write(ref PacketWriter writer)
    {
        writer.WriteVarInt((ulong)FrameType.StreamsBlockedBidirectional + (ulong)Direction);
        writer.WriteVarInt(Limit);
    }
}
