namespace Quiver.Tool.Demo.Leak;

/// <summary>What the leak demo does, and for how long.</summary>
internal sealed record LeakOptions
{
    public LeakClientWay Client { get; init; } = LeakClientWay.Close;

    /// <summary>Zero: as fast as it goes.</summary>
    public TimeSpan Every { get; init; }

    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Streams that the server may have open at once.</summary>
    public int Limit { get; init; } = 100;

    public static string NameOf(LeakClientWay way) => way switch
    {
        LeakClientWay.Close => "close",
        LeakClientWay.Drop => "drop",
        LeakClientWay.ReadOnce => "read-once",
        LeakClientWay.NeverAccept => "never-accept",
        LeakClientWay.Dispose => "dispose",
        _ => throw new ArgumentOutOfRangeException(nameof(way)),
    };

    public static LeakClientWay WayOf(string name) => Enum.GetValues<LeakClientWay>().Single(way => NameOf(way) == name);
}
