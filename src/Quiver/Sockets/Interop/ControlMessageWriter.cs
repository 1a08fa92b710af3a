namespace Quiver.Sockets.Interop;

/// <summary>Writes control messages (struct cmsghdr: length, level, type, data, padded to 8 bytes).</summary>
internal ref struct ControlMessageWriter(Span<byte> destination)
{
    public const int HeaderLength = 16;

    private readonly Span<byte> _destination = destination;

    /// <summary>Bytes written, padding included.</summary>
    public int Length { get; private set; }

    /// <summary>Adds a message and returns its data, zeroed, to be filled.</summary>
    public Span<byte> Add(int level, int type, int dataLength)
    {
        int space = HeaderLength + ((dataLength + 7) & ~7);
        Span<byte> message = _destination.Slice(Length, space);
        message.Clear();
        BitConverter.TryWriteBytes(message, (ulong)(HeaderLength + dataLength));
        BitConverter.TryWriteBytes(message[8..], level);
        BitConverter.TryWriteBytes(message[12..], type);
        Length += space;
        return message.Slice(HeaderLength, dataLength);
    }
}
