using Quiver.Protocol.Buffers;
using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.Frames;

/// <summary>STREAM: application bytes at an offset, and whether they are the last. RFC 9000 §19.8. Points into the packet.</summary>
internal readonly ref struct StreamFrame(StreamId id, ulong offset, ReadOnlySpan<byte> data, bool fin)
{
    private const ulong FinBit = 0x01;
    private const ulong LengthBit = 0x02;
    private const ulong OffsetBit = 0x04;

    public StreamId Id { get; } = id;

    public ulong Offset { get; } = offset;

    public ReadOnlySpan<byte> Data { get; } = data;

    public bool Fin { get; } = fin;

    /// <summary>Bytes before the data; without a length the frame reaches to the end of the packet.</summary>
    public static int HeaderLength(StreamId id, ulong offset, int? length) =>
        1 + VarInt.Length(id.Value) + (offset == 0 ? 0 : VarInt.Length(offset)) + (length is int l ? VarInt.Length((ulong)l) : 0);

    public static bool TryRead(scoped ref PacketReader reader, ulong type, out StreamFrame frame)
    {
        frame = default;
        ulong offset = 0;
        if (!reader.TryReadVarInt(out ulong id) || ((type & OffsetBit) != 0 && !reader.TryReadVarInt(out offset)))
        {
            return false;
        }

        ReadOnlySpan<byte> data;
        if ((type & LengthBit) == 0)
        {
            reader.TryReadBytes((ulong)reader.Remaining, out data);
        }
        else if (!reader.TryReadVarIntBytes(out data))
        {
            return false;
        }

        // The largest offset cannot exceed 2^62-1. RFC 9000 §19.8.
        if (offset + (ulong)data.Length > VarInt.MaxValue)
        {
            return false;
        }

        frame = new StreamFrame(new StreamId(id), offset, data, (type & FinBit) != 0);
        return true;
    }

    public static void WriteHeader(ref PacketWriter writer, StreamId id, ulong offset, int? length, bool fin)
    {
        ulong type = (ulong)FrameType.Stream | (fin ? FinBit : 0) | (length is null ? 0 : LengthBit) | (offset == 0 ? 0 : OffsetBit);
        writer.WriteVarInt(type);
        writer.WriteVarInt(id.Value);
        if (offset != 0)
        {
            writer.WriteVarInt(offset);
        }

        if (length is int l)
        {
            writer.WriteVarInt((ulong)l);
        }
    }
}
