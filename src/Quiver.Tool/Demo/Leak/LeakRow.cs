using System.Globalization;
using Quiver.Tool.Output;

namespace Quiver.Tool.Demo.Leak;

/// <summary>One second of the demo.</summary>
internal sealed record LeakRow(TimeSpan At, double PerSecond, LeakSample Server, LeakSample Client)
{
    public static readonly string[] Headings = ["second", "streams/s", "server: live", "client: live", "server: heap", "RSS", "client: heap", "RSS"];

    public string[] Cells() =>
    [
        At.TotalSeconds.ToString("0", CultureInfo.InvariantCulture),
        Rate.OfCount(PerSecond),
        Describe(Server),
        Describe(Client),
        ByteSize.Format(Server.Heap),
        ByteSize.Format(Server.ResidentBytes),
        ByteSize.Format(Client.Heap),
        ByteSize.Format(Client.ResidentBytes),
    ];

    private static string Describe(LeakSample sample)
    {
        IEnumerable<string> parts = Enum.GetValues<QuicStreamHalves>()
            .Where(halves => sample.ByHalves[(int)halves] > 0)
            .Select(halves => $"{sample.ByHalves[(int)halves]} {NameOf(halves)}");
        return sample.Live == 0 ? "0" : string.Join(", ", parts);
    }

    private static string NameOf(QuicStreamHalves halves) => halves switch
    {
        QuicStreamHalves.Open => "open",
        QuicStreamHalves.WriteFinished => "write finished",
        QuicStreamHalves.ReadFinished => "read finished",
        QuicStreamHalves.FinishedUnread => "unread",
        QuicStreamHalves.Closing => "closing",
        QuicStreamHalves.NotAccepted => "not accepted",
        _ => throw new ArgumentOutOfRangeException(nameof(halves)),
    };
}
