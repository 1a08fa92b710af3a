using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.FlowControl;

/// <summary>How much we let the peer send, on one stream or on the connection: given again as it is consumed. RFC 9000 §4.1. A value: part of its owner.</summary>
internal struct ReceiveCredit(ulong window)
{
    private WindowTuner _tuner = new(window);

    /// <summary>What the peer was told.</summary>
    public ulong Limit { get; private set; } = window;

    /// <summary>What has been used: the sum of the largest offsets.</summary>
    public ulong Received { get; private set; }

    public ulong Consumed { get; private set; }

    /// <summary>Whether half of the window was consumed since the limit was told.</summary>
    public readonly bool ShouldUpdate => Consumed + _tuner.Window - Limit >= _tuner.Window / 2 && Consumed + _tuner.Window > Limit;

    /// <summary>
    /// Whether the peer has used all its credit while there is some to give. On a connection, what is unread on one stream must not
    /// keep another's from coming back; at most one such update goes out in a round trip. RFC 9000 §4.1.
    /// </summary>
    public readonly bool IsUsedUp => Received == Limit && Consumed + _tuner.Window > Limit;

    /// <summary>Whether the peer has used all its credit and there is none to give: what came is unread.</summary>
    public readonly bool IsStuck => Received == Limit && Consumed + _tuner.Window <= Limit;

    /// <summary>Counts bytes received; false if they are beyond the limit. RFC 9000 §4.1.</summary>
    public bool TryReceive(ulong bytes)
    {
        Received += bytes;
        return Received <= Limit;
    }

    public void Consume(ulong bytes) => Consumed += bytes;

    /// <summary>Moves the limit on and returns it; the window grows to <paramref name="maxWindow"/> at most.</summary>
    public ulong Update(ulong maxWindow, TimeSpan smoothedRtt, Timestamp now)
    {
        if (ShouldUpdate)
        {
            _tuner.OnUpdate(maxWindow, smoothedRtt, now);
        }

        Limit = Math.Max(Limit, Consumed + _tuner.Window);
        return Limit;
    }
}
