using Quiver.Driving;
using Quiver.Protocol.Primitives;
using Quiver.Protocol.Streams;

namespace Quiver.Diagnostics;

/// <summary>A live stream as those see it who watch: with a driver, if the application has it, or waiting to be accepted.</summary>
internal readonly record struct WatchedStream(QuicStreamState State, StreamDriver? Driver, bool IsLocal)
{
    public int Kind => StreamKinds.Of(State, IsLocal);

    public QuicStreamHalves Halves => StreamKinds.HalvesOf(State, IsLocal);

    /// <summary>When the application last did something with it; when it was opened, if never.</summary>
    public Timestamp LastTouch => Driver?.LastTouch ?? State.Opened;

    /// <summary>Whether the application waits for something on it.</summary>
    public bool IsAttended => Driver is { } driver && (driver.Reader is { IsPending: true } || driver.Writer is { IsPending: true });

    /// <summary>Under the connection's lock, for as long as it takes: the live streams, first those accepted, in no order. None when it has ended.</summary>
    public static IEnumerable<WatchedStream> Of(ConnectionDriver connection)
    {
        if (connection.Closing.IsClosed)
        {
            yield break;
        }

        foreach (StreamDriver stream in connection.Streams.Live)
        {
            yield return new WatchedStream(stream.State, stream, stream.State.Id.Initiator == connection.Role);
        }

        Queue<QuicStreamState>.Enumerator unaccepted = connection.Streams.Unaccepted;
        while (unaccepted.MoveNext())
        {
            yield return new WatchedStream(unaccepted.Current, null, IsLocal: false);
        }
    }
}
