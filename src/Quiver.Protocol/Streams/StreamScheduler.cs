using Quiver.Protocol.Recovery;

namespace Quiver.Protocol.Streams;

/// <summary>
/// Whose data goes next: the highest priority first, and within it as <see cref="PriorityLevel"/> has it, one frame at a time.
/// RFC 9000 §2.3. Streams that only the connection's credit stops wait apart.
/// </summary>
internal sealed class StreamScheduler : IFrameSource
{
    /// <summary>Not worth starting a STREAM frame in less room than this: its header and some bytes.</summary>
    private const int MinRoom = 32;

    private readonly List<SendStream> _blocked = [];

    /// <summary>The priorities that were used so far, highest first: 256 at most.</summary>
    private readonly List<PriorityLevel> _levels = [];

    public bool HasFrames => Top is not null;

    /// <summary>The priority of the stream that sends next; not when there is none.</summary>
    public byte TopPriority => Top!.Priority;

    /// <summary>Whether some stream has data that only the connection's credit holds back.</summary>
    public bool IsBlockedByConnection => _blocked.Count > 0;

    private PriorityLevel? Top
    {
        get
        {
            foreach (PriorityLevel level in _levels)
            {
                if (!level.IsEmpty)
                {
                    return level;
                }
            }

            return null;
        }
    }

    /// <summary>Puts a stream that has something to send in line, unless it stands there.</summary>
    public void Activate(SendStream stream)
    {
        if (stream.HasData)
        {
            LevelOf(stream.Priority).Add(stream);
        }
    }

    /// <summary>The connection's credit grew.</summary>
    public void OnConnectionCredit()
    {
        foreach (SendStream stream in _blocked)
        {
            stream.IsWaitingForConnection = false;
            Activate(stream);
        }

        _blocked.Clear();
    }

    /// <summary>The stream was reset: it waits for nothing. Otherwise a peer that gives no credit could have streams pile up here.</summary>
    public void OnReset(SendStream stream)
    {
        stream.Queue?.Remove(stream);
        if (stream.IsWaitingForConnection)
        {
            stream.IsWaitingForConnection = false;
            _blocked.Remove(stream);
        }
    }

    /// <summary>Moves a stream to another priority or way of sharing; what it has sent stays sent.</summary>
    public void SetPriority(SendStream stream, byte priority, bool isIncremental)
    {
        stream.Queue?.Remove(stream);
        stream.Priority = priority;
        stream.IsIncremental = isIncremental;
        if (!stream.IsWaitingForConnection)
        {
            Activate(stream);
        }
    }

    public void WriteFrames(ref PacketBuilder packet) => WriteFrames(ref packet, above: -1);

    /// <summary>As above, but only for streams of a higher priority than the one given.</summary>
    public void WriteFrames(ref PacketBuilder packet, int above)
    {
        while (packet.Remaining >= MinRoom && Top is { } level && level.Priority > above)
        {
            SendStream stream = level.Take();
            bool wrote = stream.TryWriteFrame(ref packet);
            if (!stream.HasData)
            {
                continue;
            }

            if (wrote)
            {
                level.Add(stream);
            }
            else if (!stream.IsWaitingForConnection)
            {
                // It stays known here, and may still be scheduled for what was lost.
                stream.IsWaitingForConnection = true;
                _blocked.Add(stream);
            }
        }
    }

    private PriorityLevel LevelOf(byte priority)
    {
        int index = 0;
        while (index < _levels.Count && _levels[index].Priority > priority)
        {
            index++;
        }

        if (index == _levels.Count || _levels[index].Priority != priority)
        {
            _levels.Insert(index, new PriorityLevel(priority));
        }

        return _levels[index];
    }
}
