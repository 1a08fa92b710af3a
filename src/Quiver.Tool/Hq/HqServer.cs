using System.Buffers;
using System.Diagnostics;
using Microsoft.Win32.SafeHandles;
using Quiver.Tool.Hosting;
using Quiver.Tool.Output;

namespace Quiver.Tool.Hq;

/// <summary>Answers hq-interop requests with the files of a folder, and writes a line for each connection and request.</summary>
internal sealed class HqServer(RootFolder root, RequestLog log) : IStreamHandler
{
    public void OnConnected(QuicConnection connection) =>
        log.Write(connection.RemoteEndPoint, $"connected, {connection.NegotiatedCipherSuite}");

    public void OnDisconnected(QuicConnection connection, string reason) => log.Write(connection.RemoteEndPoint, $"disconnected: {reason}");

    public void OnHandshakeFailed(Exception exception) => log.Write(null, $"handshake failed: {exception.Message}");

    public void OnStreamFailed(QuicConnection connection, QuicStream stream, Exception exception) =>
        log.Write(connection.RemoteEndPoint, $"stream {stream.Id} failed: {exception.Message}");

    public async Task HandleAsync(QuicConnection connection, QuicStream stream, CancellationToken cancellationToken)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(HqProtocol.MaxRequestLength);
        try
        {
            int length = await ReadRequestAsync(stream, buffer, cancellationToken);
            if (!HqProtocol.TryParseRequest(buffer.AsSpan(0, length), out string path))
            {
                Refuse(connection, stream, "a request that is none", HqProtocol.BadRequest);
                return;
            }

            await AnswerAsync(connection, stream, path, cancellationToken);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static async Task<int> ReadRequestAsync(QuicStream stream, byte[] buffer, CancellationToken cancellationToken)
    {
        int length = 0;
        while (length < buffer.Length && buffer.AsSpan(0, length).IndexOf((byte)'\n') < 0)
        {
            int count = await stream.ReadAsync(buffer.AsMemory(length), cancellationToken);
            if (count == 0)
            {
                break;
            }

            length += count;
        }

        return length;
    }

    private async Task AnswerAsync(QuicConnection connection, QuicStream stream, string path, CancellationToken cancellationToken)
    {
        long start = Stopwatch.GetTimestamp();
        if (root.Find(path) is not { } file)
        {
            Refuse(connection, stream, $"GET {path}: no such file", HqProtocol.NotFound);
            return;
        }

        try
        {
            using SafeFileHandle handle = File.OpenHandle(file, options: FileOptions.Asynchronous | FileOptions.SequentialScan);
            await FileSender.SendAsync(handle, stream, cancellationToken);
            await WaitUntilReceivedAsync(stream, cancellationToken);
            TimeSpan elapsed = Stopwatch.GetElapsedTime(start);
            long length = RandomAccess.GetLength(handle);
            log.Write(connection.RemoteEndPoint, $"GET {path}: {ByteSize.Format(length)} in {Rate.OfTime(elapsed)}, {Rate.OfBytes(length, elapsed)}");
        }
        catch (Exception e) when (e is (IOException and not QuicException) or UnauthorizedAccessException)
        {
            Refuse(connection, stream, $"GET {path}: {e.Message}", HqProtocol.ReadFailed);
        }
    }

    private static async Task WaitUntilReceivedAsync(QuicStream stream, CancellationToken cancellationToken)
    {
        try
        {
            await stream.WritesClosed.WaitAsync(cancellationToken);
        }
        catch (QuicException e) when (e is { QuicError: QuicError.ConnectionAborted, ApplicationErrorCode: 0 })
        {
            // A client that has all it wants may close before its acknowledgements are here.
        }
    }

    private void Refuse(QuicConnection connection, QuicStream stream, string what, long errorCode)
    {
        stream.Abort(QuicAbortDirection.Both, errorCode);
        log.Write(connection.RemoteEndPoint, what);
    }
}
