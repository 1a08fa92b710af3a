using System.Globalization;

namespace Quiver.Soak;

/// <summary>Both ends at one second.</summary>
internal sealed record SoakSample(double Seconds, long Opened, SoakEnd Server, SoakEnd Client)
{
    public const string Header =
        "seconds,streams_opened,server_live,client_live,server_heap_bytes,client_heap_bytes,server_rss_bytes,client_rss_bytes";

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Seconds:0.0},{Opened},{Server.Live},{Client.Live},{Server.Heap},{Client.Heap},{Server.Resident},{Client.Resident}");
}

/// <summary>One end: its streams, the heap after its last collection, its process's memory.</summary>
internal readonly record struct SoakEnd(long Opened, long Live, long Heap, long Resident)
{
    public static SoakEnd Take(QuicConnection connection)
    {
        QuicConnectionStatistics statistics = connection.GetStatistics();
        GCMemoryInfo memory = GC.GetGCMemoryInfo(GCKind.Any);
        return new SoakEnd(
            statistics.StreamsOpened, statistics.StreamsActive, memory.HeapSizeBytes - memory.FragmentedBytes, Environment.WorkingSet);
    }

    public static SoakEnd Parse(string line)
    {
        long[] numbers = [.. line.Split(' ').Select(number => long.Parse(number, CultureInfo.InvariantCulture))];
        return new SoakEnd(numbers[0], numbers[1], numbers[2], numbers[3]);
    }

    public string ToLine() => string.Create(CultureInfo.InvariantCulture, $"{Opened} {Live} {Heap} {Resident}");
}
