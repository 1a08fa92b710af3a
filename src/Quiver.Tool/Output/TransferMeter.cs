using System.Diagnostics;

namespace Quiver.Tool.Output;

/// <summary>Counts bytes as they come in, from any thread, for a display that looks now and then.</summary>
internal sealed class TransferMeter
{
    private readonly long _start = Stopwatch.GetTimestamp();
    private long _bytes;

    public long Bytes => Volatile.Read(ref _bytes);

    public TimeSpan Elapsed => Stopwatch.GetElapsedTime(_start);

    public void Add(int bytes) => Interlocked.Add(ref _bytes, bytes);

    public override string ToString() => $"{ByteSize.Format(Bytes)}, {Rate.OfBytes(Bytes, Elapsed)}";
}
