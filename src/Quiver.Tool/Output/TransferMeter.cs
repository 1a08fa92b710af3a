using System.Diagnostics;

namespace Quiver.Tool.Output;

/// <summary>Counts bytes as they come in, from any thread, for a display that looks now and then.</summary>
internal sealed class TransferMeter
{
    private readonly long _start = Stopwatch.GetTimestamp();
    private long _bytes;
    private Mark? _mark;

    public long Bytes => Volatile.Read(ref _bytes);

    public TimeSpan Elapsed => Stopwatch.GetElapsedTime(_start);

    public void Add(int bytes)
    {
        long total = Interlocked.Add(ref _bytes, bytes);
        if (Volatile.Read(ref _mark) is { } mark && total >= mark.Bytes)
        {
            mark.Reached.TrySetResult();
        }
    }

    /// <summary>Completes when so many bytes have come, the same number for all who ask.</summary>
    public Task ReachedAsync(long bytes)
    {
        Mark mark = new(bytes, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        mark = Interlocked.CompareExchange(ref _mark, mark, null) ?? mark;
        Add(0);
        return mark.Reached.Task;
    }

    public override string ToString() => $"{ByteSize.Format(Bytes)}, {Rate.OfBytes(Bytes, Elapsed)}";

    private sealed record Mark(long Bytes, TaskCompletionSource Reached);
}
