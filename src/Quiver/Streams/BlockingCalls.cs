using System.Diagnostics.CodeAnalysis;

namespace Quiver.Streams;

/// <summary>The synchronous calls of a stream, made of the asynchronous ones.</summary>
[SuppressMessage("Usage", "VSTHRD002:Avoid problematic synchronous waits", Justification = "Blocking is what the caller asked for; nothing of ours needs its thread.")]
[SuppressMessage("Usage", "CA1849:Call async methods when in an async method", Justification = "As above.")]
internal static class BlockingCalls
{
    public static int Read(QuicStream stream, Memory<byte> buffer, int timeout)
    {
        using CancellationTokenSource? limit = timeout == Timeout.Infinite ? null : new CancellationTokenSource(timeout);
        try
        {
            ValueTask<int> read = stream.ReadAsync(buffer, limit?.Token ?? CancellationToken.None);
            return read.IsCompletedSuccessfully ? read.Result : read.AsTask().GetAwaiter().GetResult();
        }
        catch (OperationCanceledException e) when (limit?.IsCancellationRequested == true)
        {
            throw new IOException($"The read did not complete within {timeout} ms; the read side of the stream was aborted.", e);
        }
    }

    public static void Write(QuicStream stream, ReadOnlyMemory<byte> buffer, int timeout)
    {
        using CancellationTokenSource? limit = timeout == Timeout.Infinite ? null : new CancellationTokenSource(timeout);
        try
        {
            Wait(stream.WriteAsync(buffer, limit?.Token ?? CancellationToken.None));
        }
        catch (OperationCanceledException e) when (limit?.IsCancellationRequested == true)
        {
            throw new IOException($"The write did not complete within {timeout} ms; the write side of the stream was aborted.", e);
        }
    }

    public static void Wait(ValueTask task)
    {
        if (task.IsCompletedSuccessfully)
        {
            task.GetAwaiter().GetResult();
        }
        else
        {
            task.AsTask().GetAwaiter().GetResult();
        }
    }
}
