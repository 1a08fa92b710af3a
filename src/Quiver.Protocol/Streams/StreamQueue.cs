namespace Quiver.Protocol.Streams;

/// <summary>Streams in line to send, linked through the streams themselves: each stands in one queue at most.</summary>
internal sealed class StreamQueue
{
    private SendStream? _last;

    public SendStream? First { get; private set; }

    public void Append(SendStream stream) => Insert(stream, after: _last);

    public void Prepend(SendStream stream) => Insert(stream, after: null);

    /// <summary>Puts the stream behind those that were opened before it.</summary>
    public void InsertInOrder(SendStream stream)
    {
        SendStream? before = _last;
        while (before is not null && before.Id.Value > stream.Id.Value)
        {
            before = before.Previous;
        }

        Insert(stream, before);
    }

    public void Remove(SendStream stream)
    {
        if (stream.Previous is { } previous)
        {
            previous.Next = stream.Next;
        }
        else
        {
            First = stream.Next;
        }

        if (stream.Next is { } next)
        {
            next.Previous = stream.Previous;
        }
        else
        {
            _last = stream.Previous;
        }

        stream.Next = stream.Previous = null;
        stream.Queue = null;
    }

    private void Insert(SendStream stream, SendStream? after)
    {
        SendStream? next = after is null ? First : after.Next;
        stream.Queue = this;
        stream.Previous = after;
        stream.Next = next;
        if (after is null)
        {
            First = stream;
        }
        else
        {
            after.Next = stream;
        }

        if (next is null)
        {
            _last = stream;
        }
        else
        {
            next.Previous = stream;
        }
    }
}
