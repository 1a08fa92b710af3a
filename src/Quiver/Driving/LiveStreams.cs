namespace Quiver.Driving;

/// <summary>
/// The streams of a connection that are not yet over: on the wire, or with data in them that the application has not read. In no order;
/// each knows its place. Under the connection's lock.
/// </summary>
internal sealed class LiveStreams
{
    private readonly List<StreamDriver> _streams = [];

    public int Count => _streams.Count;

    /// <summary>Nothing may be added or removed meanwhile.</summary>
    public List<StreamDriver>.Enumerator GetEnumerator() => _streams.GetEnumerator();

    public void Add(StreamDriver stream)
    {
        stream.LiveIndex = _streams.Count;
        _streams.Add(stream);
    }

    /// <summary>Does nothing when it was removed before.</summary>
    public void Remove(StreamDriver stream)
    {
        int index = stream.LiveIndex;
        if (index < 0)
        {
            return;
        }

        stream.LiveIndex = -1;
        StreamDriver last = _streams[^1];
        _streams.RemoveAt(_streams.Count - 1);
        if (!ReferenceEquals(last, stream))
        {
            _streams[index] = last;
            last.LiveIndex = index;
        }
    }

    /// <summary>The server did not take early data: they never were.</summary>
    public void OnEarlyDataRejected()
    {
        while (_streams.Count > 0)
        {
            StreamDriver stream = _streams[^1];
            Remove(stream);
            stream.OnEarlyDataRejected();
        }
    }

    /// <summary>The connection ended: so have they.</summary>
    public void OnConnectionClosed()
    {
        while (_streams.Count > 0)
        {
            StreamDriver stream = _streams[^1];
            Remove(stream);
            stream.OnConnectionClosed();
        }
    }
}
