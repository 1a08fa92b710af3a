using Quiver.Protocol.Crypto;
using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.Connections;

/// <summary>Early data (0-RTT) of one connection: its keys, as long as they live, and what became of it. RFC 9001 §4.6, §4.9.3.</summary>
internal sealed class EarlyData : IDisposable
{
    private bool _isReadOver;

    public EarlyDataState State { get; private set; }

    /// <summary>Client: the keys of 0-RTT packets until there are those of 1-RTT.</summary>
    public PacketProtection? Write { get; private set; }

    /// <summary>Server: the keys of 0-RTT packets, until shortly after the first 1-RTT packet.</summary>
    public PacketProtection? Read { get; private set; }

    /// <summary>When the server lets go of its keys.</summary>
    public Timestamp Deadline { get; private set; } = Timestamp.Never;

    /// <summary>Whether 0-RTT packets will never be readable (any more): they need not be kept.</summary>
    public bool IsReadOver => _isReadOver && Read is null;

    public void StartWriting(PacketProtection keys)
    {
        Write = keys;
        State = EarlyDataState.Pending;
    }

    /// <summary>A client drops its keys as soon as it has those of 1-RTT. RFC 9001 §4.9.3.</summary>
    public void StopWriting()
    {
        Write?.Dispose();
        Write = null;
    }

    public void StartReading(PacketProtection keys) => Read = keys;

    public void Decide(bool isAccepted) => State = isAccepted ? EarlyDataState.Accepted : EarlyDataState.Rejected;

    /// <summary>Server: TLS has answered the ClientHello, so that keys are here now or never.</summary>
    public void OnAnswered() => _isReadOver = true;

    /// <summary>A server keeps its keys a little longer than the first 1-RTT packet, for packets that come late. RFC 9001 §4.9.3.</summary>
    public void OnOneRttReceived(TimeSpan retention, Timestamp now)
    {
        if (Read is not null && Deadline == Timestamp.Never)
        {
            Deadline = now + retention;
        }
    }

    public void OnTimeout(Timestamp now)
    {
        if (now >= Deadline)
        {
            Dispose();
        }
    }

    public void Dispose()
    {
        StopWriting();
        Read?.Dispose();
        Read = null;
        Deadline = Timestamp.Never;
    }
}
