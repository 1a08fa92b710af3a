using System.Buffers;

namespace Quiver.Streams;

/// <summary>Reading a stream to its end into one array.</summary>
internal static class WholeStream
{
    private const int FirstBuffer = 4 * 1024;

    public static async ValueTask<byte[]> ReadAsync(QuicStream stream, int maxBytes, CancellationToken cancellationToken)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(FirstBuffer);
        try
        {
            int length = 0;
            while (true)
            {
                if (length == buffer.Length)
                {
                    byte[] larger = ArrayPool<byte>.Shared.Rent(2 * length);
                    buffer.CopyTo(larger, 0);
                    ArrayPool<byte>.Shared.Return(buffer);
                    buffer = larger;
                }

                int count = await stream.ReadAsync(buffer.AsMemory(length), cancellationToken).ConfigureAwait(false);
                if (count == 0)
                {
                    return buffer.AsSpan(0, length).ToArray();
                }

                length += count;
                if (length > maxBytes)
                {
                    stream.CloseRead();
                    throw new InvalidDataException($"The peer sent more than {maxBytes} bytes on stream {stream.Id}.");
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
