using System.Diagnostics;
using Microsoft.Win32.SafeHandles;
using Quiver.Http3;
using Quiver.Tool.Hq;
using Quiver.Tool.Output;

namespace Quiver.Tool.Http3;

/// <summary>Answers GET and HEAD with the files of a folder, and writes a line for each request.</summary>
internal sealed class Http3FileServer(RootFolder root, RequestLog log)
{
    private const int BlockLength = 256 << 10;

    public async Task HandleAsync(Http3Context context)
    {
        Http3Request request = context.Request;
        if (request.Method is not ("GET" or "HEAD") || request.Path is not { } path)
        {
            Refuse(context, request.Method == "CONNECT" ? 501 : 405);
            return;
        }

        long start = Stopwatch.GetTimestamp();
        if (root.Find(path) is not { } file)
        {
            Refuse(context, 404);
            return;
        }

        try
        {
            using SafeFileHandle handle = File.OpenHandle(file, options: FileOptions.Asynchronous | FileOptions.SequentialScan);
            long length = RandomAccess.GetLength(handle);
            context.Response.Headers["content-length"] = length.ToString(System.Globalization.CultureInfo.InvariantCulture);
            context.Response.Headers["content-type"] = ContentTypes.Of(file);
            if (request.Method == "GET" && !await SendAsync(context, handle, length))
            {
                log.Write(context.Connection.RemoteEndPoint, $"GET {path}: given up by the client");
                return;
            }

            TimeSpan elapsed = Stopwatch.GetElapsedTime(start);
            log.Write(
                context.Connection.RemoteEndPoint,
                $"{request.Method} {path}: {ByteSize.Format(length)} in {Rate.OfTime(elapsed)}, {Rate.OfBytes(length, elapsed)}");
        }
        catch (Exception e) when (e is (IOException and not QuicException) or UnauthorizedAccessException)
        {
            log.Write(context.Connection.RemoteEndPoint, $"{request.Method} {path}: {e.Message}");
            if (context.Response.HasStarted)
            {
                context.Abort();
                return;
            }

            context.Response.Headers.Remove("content-length");
            context.Response.StatusCode = 500;
        }
    }

    private static async Task<bool> SendAsync(Http3Context context, SafeFileHandle file, long length)
    {
        byte[] block = new byte[(int)Math.Min(length, BlockLength)];
        for (long offset = 0; offset < length;)
        {
            int count = await RandomAccess.ReadAsync(file, block, offset, context.RequestAborted);
            if (count == 0)
            {
                throw new IOException("The file became shorter while it was sent.");
            }

            if ((await context.Response.Body.WriteAsync(block.AsMemory(0, count))).IsCompleted)
            {
                return false;
            }

            offset += count;
        }

        return true;
    }

    private void Refuse(Http3Context context, int status)
    {
        context.Response.StatusCode = status;
        log.Write(context.Connection.RemoteEndPoint, $"{context.Request.Method} {context.Request.Path}: {status}");
    }
}
