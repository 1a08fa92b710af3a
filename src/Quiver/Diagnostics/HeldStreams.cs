using System.Diagnostics;
using System.Globalization;
using System.Text;
using Quiver.Driving;

namespace Quiver.Diagnostics;

/// <summary>Names the streams that something is said about: some of their numbers, the oldest first, and where they came from if that was captured.</summary>
internal static class HeldStreams
{
    /// <summary>More than these would make a line that nobody reads.</summary>
    private const int MaxNamed = 8;
    private const int MaxPlaces = 4;

    /// <summary>Stacks looked at: turning one into text takes some tens of microseconds.</summary>
    private const int MaxStacks = 64;

    /// <summary>Under the connection's lock.</summary>
    public static string Name(ConnectionDriver connection, Predicate<WatchedStream> which)
    {
        List<WatchedStream> held = [.. WatchedStream.Of(connection).Where(stream => which(stream))];
        IEnumerable<WatchedStream> oldest = held.OrderBy(stream => stream.State.Opened).Take(MaxNamed);
        StringBuilder text = new();
        text.AppendJoin(", ", oldest.Select(stream => stream.State.Id.Value));
        if (held.Count > MaxNamed)
        {
            text.Append(", …");
        }

        foreach (IGrouping<string, StackTrace> place in held
            .Select(stream => stream.Driver?.OpenedAt).OfType<StackTrace>().Take(MaxStacks).GroupBy(stack => stack.ToString(), StringComparer.Ordinal).Take(MaxPlaces))
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"; {place.Count()} of them opened or accepted at:").Append(place.Key.TrimEnd());
        }

        return text.ToString();
    }
}
