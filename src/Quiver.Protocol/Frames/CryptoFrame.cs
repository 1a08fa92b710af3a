using Quiver.Protocol.Buffers;
using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.Frames;

/// <summary>CRYPTO: handshake bytes at an offset. RFC 9000 §19.6. Points into the packet.</summary>
internal readonly ref struct CryptoFrame(ulong offset, ReadOnlySpan<byte> data)
{
    public ulong Offset { get; } = offset;

    public ReadOnlySpan<byte> Data { get; } = data;

    /// <summary>Bytes before the data, when that has at most <paramref name="length"/> bytes.</summary>
    public static int HeaderLength(ulong offset, int length) => 1 + VarInt.Length(offset) + VarInt.Length((ulong)length);

    public static bool TryRead(scoped ref PacketReader reader, out CryptoFrame frame)
    {
        // The largest offset cannot exceed 2^62-1. RFC 9000 §19.6.
        if (reader.TryReadVarInt(out ulong offset) && reader.TryReadVarIntBytes(out ReadOnlySpan<byte> data)
            && offset + (ulong)data.Length <= VarInt.MaxValue)
        {
            frame = new CryptoFrame(offset, data);
            return true;
        }

        frame = default;
        return false;
    }

    public static void WriteHeader(ref PacketWriter writer, ulong offset, int length)
    {
        writer.WriteVarInt((ulong)FrameType.Crypto);
        writer.WriteVarInt(offset);
        writer.WriteVarInt((ulong)length);
    }
}
