using System.Globalization;

namespace Quiver.Tool.Demo.Leak;

/// <summary>One end at one moment: streams by half-state, managed heap and the process's memory. Travels between the processes as a line.</summary>
internal sealed record LeakSample(long Opened, int[] ByHalves, long Heap, long ResidentBytes)
{
    private static readonly int s_states = Enum.GetValues<QuicStreamHalves>().Length;

    public int Live => ByHalves.Sum();

    public static LeakSample Take(QuicConnection connection)
    {
        QuicConnectionStatistics statistics = connection.GetStatistics();
        int[] byHalves = [.. Enum.GetValues<QuicStreamHalves>().Select(statistics.CountStreams)];

        // What the last collection left: what lives, and not what is waiting to be collected.
        GCMemoryInfo memory = GC.GetGCMemoryInfo(GCKind.Any);
        return new LeakSample(statistics.StreamsOpened, byHalves, memory.HeapSizeBytes - memory.FragmentedBytes, Environment.WorkingSet);
    }

    /// <summary>
    /// After all that can be collected was, and the memory of it given back: what is left is what is kept. How much garbage there is in between
    /// is the collector's choice, and follows the size of the machine's caches.
    /// </summary>
    public static LeakSample TakeCollected(QuicConnection connection)
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: true);
        GC.WaitForPendingFinalizers();
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        return Take(connection);
    }

    public static LeakSample Parse(string line)
    {
        long[] numbers = [.. line.Split(' ').Select(number => long.Parse(number, CultureInfo.InvariantCulture))];
        return new LeakSample(numbers[0], [.. numbers[1..^2].Select(number => (int)number)], numbers[^2], numbers[^1]);
    }

    public static LeakSample Empty() => new(0, new int[s_states], 0, 0);

    public override string ToString() => string.Join(' ', [Opened, .. ByHalves.Select(count => (long)count), Heap, ResidentBytes]);
}
