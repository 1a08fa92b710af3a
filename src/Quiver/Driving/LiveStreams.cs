namespace Quiver.Driving;

/// <summary>
/// The streams of a connection that are not yet over: on the wire, or with data in them that the application has not read. A list linked
/// through the streams themselves; under the connection's lock.
/// </summary>
internal sealed class LiveStreams
{
    private StreamDriver? _first;

    public int Count { get; private set; }

    public Enumerator GetEnumerator() => new(_first);

    public void Add(StreamDriver stream)
    {
        Count++;
        stream.IsLive = true;
        stream.NextLive = _first;
        if (_first is not null)
        {
            _first.PreviousLive = stream;
        }

        _first = stream;
    }

    public void Remove(StreamDriver stream)
    {
        if (!stream.IsLive)
        {
            return;
        }

        Count--;
        stream.IsLive = false;
        if (stream.PreviousLive is not null)
        {
            stream.PreviousLive.NextLive = stream.NextLive;
        }
        else
        {
            _first = stream.NextLive;
        }

        if (stream.NextLive is not null)
        {
            stream.NextLive.PreviousLive = stream.PreviousLive;
        }

        stream.NextLive = stream.PreviousLive = null;
    }

    /// <summary>The connection ended: so have they.</summary>
    public void OnConnectionClosed()
    {
        while (_first is { } stream)
        {
            Remove(stream);
            stream.OnConnectionClosed();
        }
    }

    /// <summary>Goes through the list; nothing may be removed meanwhile.</summary>
    internal struct Enumerator(StreamDriver? first)
    {
        private StreamDriver? _next = first;

        public StreamDriver Current { get; private set; } = null!; // Valid after MoveNext.

        public bool MoveNext()
        {
            if (_next is not { } stream)
            {
                return false;
            }

            Current = stream;
            _next = stream.NextLive;
            return true;
        }
    }
}
