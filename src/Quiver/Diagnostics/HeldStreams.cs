using System.Globalization;
using System.Text;
using Quiver.Driving;

namespace Quiver.Diagnostics;

/// <summary>Names the streams that something is said about: some of their numbers, the oldest first.</summary>
internal static class HeldStreams
{
    /// <summary>More than these would make a line that nobody reads.</summary>
    private const int MaxNamed = 8;

    /// <summary>Under the connection's lock.</summary>
    public static string Name(ConnectionDriver connection, Predicate<StreamDriver> which)
    {
        // The list begins with the newest: the last ones seen are the oldest.
        Queue<StreamDriver> oldest = new(MaxNamed);
        int count = 0;
        for (StreamDriver? stream = connection.Streams.FirstLive; stream is not null; stream = stream.NextLive)
        {
            if (which(stream))
            {
                count++;
                if (oldest.Count == MaxNamed)
                {
                    oldest.Dequeue();
                }

                oldest.Enqueue(stream);
            }
        }

        StringBuilder text = new();
        foreach (StreamDriver stream in oldest.Reverse())
        {
            text.Append(text.Length == 0 ? "" : ", ").Append(CultureInfo.InvariantCulture, $"{stream.State.Id.Value}");
        }

        return count > MaxNamed ? text.Append(", …").ToString() : text.ToString();
    }
}
