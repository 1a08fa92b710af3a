using Quiver.Protocol.Buffers;
using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.Frames;

/// <summary>MAX_STREAMS: how many streams of a direction the peer may open. RFC 9000 §19.11.</summary>
internal readonly record struct MaxStreamsFrame(StreamDirection Direction, ulong Maximum)
{
    public int Length => 1 + VarInt.Length(Maximum);

    /// <summary>A count above 2^60 is a frame encoding error. RFC 9000 §19.11.</summary>
    public static bool TryRead(scoped ref PacketReader reader, FrameType type, out MaxStreamsFrame frame)
    {
        if (reader.TryReadVarInt(out ulong count) && count <= Primitives.StreamId.MaxCount)
        {
            frame = new MaxStreamsFrame(
                type == FrameType.MaxStreamsBidirectional ? StreamDirection.Bidirectional : StreamDirection.Unidirectional, count);
            return true;
        }

        frame = default;
        return false;
    }

    public void Write(ref PacketWriter writer)
    {
        writer.WriteVarInt((ulong)FrameType.MaxStreamsBidirectional + (ulong)Direction);
        writer.WriteVarInt(Maximum);
    }
}
