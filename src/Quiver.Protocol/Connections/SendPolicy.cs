using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.Connections;

/// <summary>May we send now? Congestion window, pacing, probes. RFC 9002 §6.2.4, §7.</summary>
internal sealed class SendPolicy(ConnectionState state)
{
    /// <summary>When pacing allows the next datagram, if that is what holds data back.</summary>
    public Timestamp PacedUntil { get; private set; } = Timestamp.Never;

    /// <summary>Whether frames that count towards congestion may be sent in a space.</summary>
    public bool MaySendFrames(PacketSpace space, int datagramSize, Timestamp now)
    {
        // Probes are not blocked by the congestion controller. RFC 9002 §7.5.
        if (space.Recovery.ProbesPending > 0)
        {
            return true;
        }

        // Nor is a handshake whose packets are all lost: 1-RTT data may fill the window, and has no probe before the handshake is confirmed.
        if (space.Id != PacketNumberSpace.Application && space.Recovery.AckElicitingInFlight == 0)
        {
            return true;
        }

        if (!state.Recovery.MaySend(datagramSize))
        {
            return false;
        }

        Timestamp next = state.Recovery.Pacer.NextSend(state.Recovery.Congestion.CongestionWindow, state.Recovery.Rtt.Smoothed, now);
        if (next > now)
        {
            PacedUntil = next;
            return false;
        }

        return true;
    }

    public void OnBuildStarted() => PacedUntil = Timestamp.Never;
}
