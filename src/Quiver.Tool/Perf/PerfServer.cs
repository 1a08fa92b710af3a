using System.Buffers;
using System.Buffers.Binary;
using Quiver.Tool.Hosting;

namespace Quiver.Tool.Perf;

/// <summary>The other end of <c>quiver perf</c>.</summary>
internal sealed class PerfServer : IStreamHandler
{
    public const int MaxLength = 1 << 24;

    private const int ReadLength = 64 << 10;

    private static readonly byte[] s_zeros = new byte[MaxLength];

    public async Task HandleAsync(QuicConnection connection, QuicStream stream, CancellationToken cancellationToken)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(1024);
        try
        {
            await stream.ReadExactlyAsync(buffer.AsMemory(0, PerfProtocol.HeaderLength), cancellationToken);
            (PerfOperation operation, long argument) = PerfProtocol.ReadHeader(buffer);
            int length = (int)Math.Clamp(argument, 0, MaxLength);
            switch (operation)
            {
                case PerfOperation.Download:
                    await SendAsync(stream, Math.Max(length, 1), cancellationToken);
                    break;
                case PerfOperation.Upload:
                    await CountAsync(stream, cancellationToken);
                    break;
                case PerfOperation.Request:
                    await DrainAsync(stream, buffer, cancellationToken);
                    await stream.WriteAsync(s_zeros.AsMemory(0, length), completeWrites: true, cancellationToken);
                    break;
                case PerfOperation.PingPong:
                    await EchoAsync(stream, Math.Max(length, 1), cancellationToken);
                    break;
                default:
                    stream.Abort(QuicAbortDirection.Both, 1);
                    break;
            }
        }
        catch (EndOfStreamException)
        {
            stream.Abort(QuicAbortDirection.Both, 1);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static async Task SendAsync(QuicStream stream, int length, CancellationToken cancellationToken)
    {
        while (true)
        {
            await stream.WriteAsync(s_zeros.AsMemory(0, length), cancellationToken);
        }
    }

    private static async Task CountAsync(QuicStream stream, CancellationToken cancellationToken)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(ReadLength);
        try
        {
            long total = await DrainAsync(stream, buffer, cancellationToken);
            BinaryPrimitives.WriteInt64BigEndian(buffer, total);
            await stream.WriteAsync(buffer.AsMemory(0, sizeof(long)), completeWrites: true, cancellationToken);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static async Task<long> DrainAsync(QuicStream stream, byte[] buffer, CancellationToken cancellationToken)
    {
        long total = 0;
        int count;
        while ((count = await stream.ReadAsync(buffer, cancellationToken)) > 0)
        {
            total += count;
        }

        return total;
    }

    private static async Task EchoAsync(QuicStream stream, int length, CancellationToken cancellationToken)
    {
        byte[] message = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            while (await stream.ReadAtLeastAsync(message.AsMemory(0, length), length, throwOnEndOfStream: false, cancellationToken) == length)
            {
                await stream.WriteAsync(message.AsMemory(0, length), cancellationToken);
            }

            stream.CompleteWrites();
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(message);
        }
    }
}
