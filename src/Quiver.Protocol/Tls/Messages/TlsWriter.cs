using System.Buffers.Binary;
using Quiver.Protocol.Tls.Extensions;

namespace Quiver.Protocol.Tls.Messages;

/// <summary>Writes the presentation language into a buffer that grows. One is kept for a handshake.</summary>
internal sealed class TlsWriter
{
    /// <summary>Holds a ClientHello with a post-quantum share without growing.</summary>
    private const int InitialCapacity = 2048;

    private byte[] _buffer = new byte[InitialCapacity];

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Written => _buffer.AsSpan(0, Length);

    public void Clear() => Length = 0;

    public void WriteByte(byte value) => Reserve(1)[0] = value;

    public void WriteUInt16(ushort value) => BinaryPrimitives.WriteUInt16BigEndian(Reserve(2), value);

    public void WriteUInt32(uint value) => BinaryPrimitives.WriteUInt32BigEndian(Reserve(4), value);

    public void Write(ReadOnlySpan<byte> bytes) => bytes.CopyTo(Reserve(bytes.Length));

    public Span<byte> Reserve(int count)
    {
        if (count > _buffer.Length - Length)
        {
            Array.Resize(ref _buffer, Math.Max(Length + count, 2 * _buffer.Length));
        }

        Span<byte> reserved = _buffer.AsSpan(Length, count);
        Length += count;
        return reserved;
    }

    /// <summary>Leaves room for a length of 1 to 3 bytes and returns where it stands.</summary>
    public int BeginVector(int lengthBytes)
    {
        Reserve(lengthBytes);
        return Length;
    }

    /// <summary>Fills in the length of what was written since <see cref="BeginVector"/>.</summary>
    public void EndVector(int begin, int lengthBytes)
    {
        int length = Length - begin;
        if (length >> (8 * lengthBytes) != 0)
        {
            throw new InvalidOperationException("A TLS vector is longer than its length field can say.");
        }

        for (int i = 1; i <= lengthBytes; i++)
        {
            _buffer[begin - i] = (byte)(length >> (8 * (i - 1)));
        }
    }

    public void WriteVector8(ReadOnlySpan<byte> bytes)
    {
        int begin = BeginVector(1);
        Write(bytes);
        EndVector(begin, 1);
    }

    public void WriteVector16(ReadOnlySpan<byte> bytes)
    {
        int begin = BeginVector(2);
        Write(bytes);
        EndVector(begin, 2);
    }

    public int BeginExtension(ExtensionType type)
    {
        WriteUInt16((ushort)type);
        return BeginVector(2);
    }

    public void EndExtension(int begin) => EndVector(begin, 2);

    public int BeginMessage(HandshakeType type)
    {
        WriteByte((byte)type);
        return BeginVector(3);
    }

    /// <summary>The last bytes written, to be changed in place.</summary>
    public Span<byte> Tail(int length) => _buffer.AsSpan(Length - length, length);

    /// <summary>Ends a message and returns it whole, for the transcript; valid until the next write.</summary>
    public ReadOnlySpan<byte> EndMessage(int begin)
    {
        EndVector(begin, 3);
        return _buffer.AsSpan(begin - HandshakeMessage.HeaderLength, Length - begin + HandshakeMessage.HeaderLength);
    }
}
