using System.Buffers;
using System.Buffers.Binary;
using Quiver.Tool.Hosting;

namespace Quiver.Tool.Demo;

/// <summary>The demo's server: each stream starts with a byte that says what the client wants of it.</summary>
internal sealed class DemoServer : IStreamHandler
{
    /// <summary>Everything that follows comes back.</summary>
    public const byte Echo = (byte)'E';

    /// <summary>Eight bytes follow, big-endian: how many bytes of the pattern to send.</summary>
    public const byte Transfer = (byte)'T';

    private const int BufferLength = 256 << 10;

    private int _openStreams;

    /// <summary>Streams that the client opened and that have not ended on both sides.</summary>
    public int OpenStreams => Volatile.Read(ref _openStreams);

    public async Task HandleAsync(QuicConnection connection, QuicStream stream, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _openStreams);
        try
        {
            await ServeAsync(stream, cancellationToken);

            // Waits until the stream has ended on both sides.
            await stream.DisposeAsync();
        }
        finally
        {
            Interlocked.Decrement(ref _openStreams);
        }
    }

    private static async Task ServeAsync(QuicStream stream, CancellationToken cancellationToken)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(1024);
        try
        {
            await stream.ReadExactlyAsync(buffer.AsMemory(0, 1), cancellationToken);
            if (buffer[0] == Transfer)
            {
                await stream.ReadExactlyAsync(buffer.AsMemory(0, sizeof(long)), cancellationToken);
                await SendAsync(stream, BinaryPrimitives.ReadInt64BigEndian(buffer), cancellationToken);
                return;
            }

            int count;
            while ((count = await stream.ReadAsync(buffer, cancellationToken)) > 0)
            {
                await stream.WriteAsync(buffer.AsMemory(0, count), cancellationToken);
            }

            stream.CompleteWrites();
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static async Task SendAsync(QuicStream stream, long bytes, CancellationToken cancellationToken)
    {
        for (long offset = 0; offset < bytes;)
        {
            int length = (int)Math.Min(BufferLength, bytes - offset);
            await stream.WriteAsync(DemoPattern.At(offset, length), offset + length == bytes, cancellationToken);
            offset += length;
        }
    }
}
