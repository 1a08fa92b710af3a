namespace Quiver.Protocol.Streams;

/// <summary>
/// The streams of one priority that have something to send. What was lost goes first (RFC 9000 §13.3). Then sequential streams, one after
/// the other, and incremental ones, which take turns, each get every second frame. RFC 9218 §10.
/// </summary>
internal sealed class PriorityLevel(byte priority)
{
    private readonly StreamQueue _lost = new();
    private readonly StreamQueue _sequential = new();
    private readonly StreamQueue _incremental = new();
    private bool _wasSequential;

    public byte Priority => priority;

    public bool IsEmpty => _lost.First is null && _sequential.First is null && _incremental.First is null;

    /// <summary>Puts a stream in line, or before its line when it has lost data to repeat.</summary>
    public void Add(SendStream stream)
    {
        if (stream.HasLost)
        {
            if (stream.Queue != _lost)
            {
                stream.Queue?.Remove(stream);
                _lost.Append(stream);
            }
        }
        else if (stream.Queue is not null)
        {
            return;
        }
        else if (stream.IsIncremental)
        {
            _incremental.Append(stream);
        }
        else
        {
            _sequential.InsertInOrder(stream);
        }
    }

    /// <summary>Takes the stream whose turn it is out of line. Not when empty.</summary>
    public SendStream Take()
    {
        StreamQueue queue = _lost;
        if (queue.First is null)
        {
            bool isSequential = _incremental.First is null || (_sequential.First is not null && !_wasSequential);
            _wasSequential = isSequential;
            queue = isSequential ? _sequential : _incremental;
        }

        SendStream stream = queue.First!; // Not empty.
        queue.Remove(stream);
        return stream;
    }
}
