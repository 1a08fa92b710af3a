using Quiver.Protocol.Recovery;

namespace Quiver.Protocol.Streams;

/// <summary>
/// Whose data goes next: streams take turns, one frame each, so that none waits for a long one. RFC 9000 §2.3.
/// Streams that only the connection's credit stops wait apart.
/// </summary>
internal sealed class StreamScheduler : IFrameSource
{
    /// <summary>Not worth starting a STREAM frame in less room than this: its header and some bytes.</summary>
    private const int MinRoom = 32;

    private readonly List<SendStream> _blocked = [];
    private SendStream? _first;
    private SendStream? _last;

    public bool HasFrames => _first is not null;

    /// <summary>Whether some stream has data that only the connection's credit holds back.</summary>
    public bool IsBlockedByConnection => _blocked.Count > 0;

    /// <summary>Puts a stream that has something to send at the end of the line, unless it stands there.</summary>
    public void Activate(SendStream stream)
    {
        if (!stream.IsScheduled && stream.HasData)
        {
            Append(stream);
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
        if (stream.IsWaitingForConnection)
        {
            stream.IsWaitingForConnection = false;
            _blocked.Remove(stream);
        }
    }

    public void WriteFrames(ref PacketBuilder packet)
    {
        while (_first is not null && packet.Remaining >= MinRoom)
        {
            SendStream stream = _first;
            _first = stream.NextScheduled;
            _last = _first is null ? null : _last;
            stream.NextScheduled = null;
            stream.IsScheduled = false;
            bool wrote = stream.TryWriteFrame(ref packet);
            if (!stream.HasData)
            {
                continue;
            }

            if (wrote)
            {
                Append(stream);
            }
            else if (!stream.IsWaitingForConnection)
            {
                // It stays known here, and may still be scheduled for what was lost.
                stream.IsWaitingForConnection = true;
                _blocked.Add(stream);
            }
        }
    }

    private void Append(SendStream stream)
    {
        stream.IsScheduled = true;
        if (_last is null)
        {
            _first = stream;
        }
        else
        {
            _last.NextScheduled = stream;
        }

        _last = stream;
    }
}
