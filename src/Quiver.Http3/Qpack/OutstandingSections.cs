using System.Diagnostics;

namespace Quiver.Http3.Qpack;

/// <summary>
/// Sections with references to the dynamic table that the peer has not acknowledged: which entries must stay for them, and which streams
/// they may block. RFC 9204 §2.1.
/// </summary>
internal sealed class OutstandingSections(DynamicTable table)
{
    private const Http3ErrorCode Malformed = Http3ErrorCode.QpackDecoderStreamError;

    /// <summary>A peer that acknowledges nothing is sent no more references than these.</summary>
    private const int MaxSections = 4_096;

    /// <summary>Most streams have one section; the others are behind it.</summary>
    private readonly Dictionary<long, Section> _byStream = [];

    /// <summary>Sections whose oldest reference is the entry.</summary>
    private readonly Dictionary<ulong, int> _holders = [];
    private int _count;

    /// <summary>Insertions that the peer has for sure. RFC 9204 §2.1.4.</summary>
    public ulong KnownReceived { get; private set; }

    /// <summary>Streams that may have to wait for insertions.</summary>
    public int BlockedStreams { get; private set; }

    public bool IsFull => _count >= MaxSections;

    /// <summary>The entry may go, if all before it may: the peer has it, and no section's references begin with it. RFC 9204 §2.1.1.</summary>
    public bool MayEvict(ulong index) => index < KnownReceived && !_holders.ContainsKey(index);

    public bool IsBlocking(long streamId) => _byStream.TryGetValue(streamId, out Section section) && IsBlocking(section);

    public void Add(long streamId, ulong oldestReference, ulong requiredInsertCount)
    {
        bool wasBlocking = false;
        Section section = new(oldestReference, requiredInsertCount, Next: null);
        if (_byStream.TryGetValue(streamId, out Section first))
        {
            wasBlocking = IsBlocking(first);
            (first.Next ?? (first = first with { Next = new Queue<Section>() }).Next!).Enqueue(section); // Just made.
            section = first;
        }

        _byStream[streamId] = section;
        _count++;
        _holders[oldestReference] = _holders.GetValueOrDefault(oldestReference) + 1;
        BlockedStreams += !wasBlocking && requiredInsertCount > KnownReceived ? 1 : 0;
    }

    public void OnAcknowledged(long streamId)
    {
        if (!_byStream.TryGetValue(streamId, out Section section))
        {
            // Nothing of the stream is outstanding. RFC 9204 §4.4.1.
            Http3ProtocolException.Throw(Malformed, $"A field section of stream {streamId} was acknowledged that had no references.");
            return;
        }

        bool wasBlocking = IsBlocking(section);
        Release(section);
        if (section.Next is { Count: > 0 } rest)
        {
            Section next = rest.Dequeue() with { Next = rest };
            _byStream[streamId] = next;
            BlockedStreams -= wasBlocking && !IsBlocking(next) ? 1 : 0;
        }
        else
        {
            _byStream.Remove(streamId);
            BlockedStreams -= wasBlocking ? 1 : 0;
        }

        Raise(section.RequiredInsertCount);
    }

    /// <summary>One that the peer need not know: it cancels whatever it reads no further.</summary>
    public void OnCancelled(long streamId)
    {
        if (!_byStream.Remove(streamId, out Section section))
        {
            return;
        }

        BlockedStreams -= IsBlocking(section) ? 1 : 0;
        Release(section);
        while (section.Next is { } rest && rest.TryDequeue(out Section next))
        {
            Release(next);
        }
    }

    public void OnInsertionsReceived(ulong increment)
    {
        // Nothing, or more than was ever sent. RFC 9204 §4.4.3.
        if (increment == 0 || increment > table.InsertCount - KnownReceived)
        {
            Http3ProtocolException.Throw(Malformed, $"{increment} insertions were acknowledged; {table.InsertCount - KnownReceived} were under way.");
        }

        Raise(KnownReceived + increment);
    }

    private void Raise(ulong count)
    {
        if (count > KnownReceived)
        {
            KnownReceived = count;
            BlockedStreams = BlockedStreams == 0 ? 0 : _byStream.Values.Count(IsBlocking);
        }
    }

    private void Release(Section section)
    {
        _count--;
        int holders = _holders[section.OldestReference] - 1;
        Debug.Assert(holders >= 0, "Each section holds once.");
        if (holders == 0)
        {
            _holders.Remove(section.OldestReference);
        }
        else
        {
            _holders[section.OldestReference] = holders;
        }
    }

    private bool IsBlocking(Section section)
    {
        if (section.RequiredInsertCount > KnownReceived)
        {
            return true;
        }

        if (section.Next is not null)
        {
            foreach (Section next in section.Next)
            {
                if (next.RequiredInsertCount > KnownReceived)
                {
                    return true;
                }
            }
        }

        return false;
    }

    private readonly record struct Section(ulong OldestReference, ulong RequiredInsertCount, Queue<Section>? Next);
}
