using Quiver.Protocol.Buffers;
using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.Frames;

/// <summary>DATAGRAM: bytes that are sent once. RFC 9221 §4. Points into the packet.</summary>
internal readonly ref struct DatagramFrame(ReadOnlySpan<byte> data)
{
    private const ulong LengthBit = 0x01;

    public ReadOnlySpan<byte> Data { get; } = data;

    /// <summary>The length of a frame with its Length field.</summary>
    public static int LengthOf(int data) => 1 + VarInt.Length((ulong)data) + data;

    public static bool TryRead(scoped ref PacketReader reader, ulong type, out DatagramFrame frame)
    {
        ReadOnlySpan<byte> data;
        bool ok = (type & LengthBit) != 0
            ? reader.TryReadVarIntBytes(out data)
            : reader.TryReadBytes((ulong)reader.Remaining, out data);
        frame = new DatagramFrame(data);
        return ok;
    }

    /// <summary>Writes the frame with its length.</summary>
    public void Write(ref PacketWriter writer)
    {
        writer.WriteVarInt((ulong)FrameType.DatagramWithLength);
        writer.WriteVarInt((ulong)Data.Length);
        writer.WriteBytes(Data);
    }

    /// <summary>Writes the frame without its length: it must be the last of its packet.</summary>
    public void WriteLast(ref PacketWriter writer)
    {
        writer.WriteVarInt((ulong)FrameType.Datagram);
        writer.WriteBytes(Data);
    }
}
