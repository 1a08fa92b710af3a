using Quiver.Protocol.Frames;
using Quiver.Protocol.Primitives;
using Quiver.Protocol.Streams;

namespace Quiver.Protocol.Connections;

/// <summary>Takes ACK frames: to loss detection, and to what else an acknowledgement proves.</summary>
internal sealed class AckProcessor(ConnectionState state)
{
    private const ulong MaxDelayMicroseconds = 1UL << 40;

    public void OnAck(PacketSpace space, in AckFrame ack, Timestamp now)
    {
        // The delay counts only in 1-RTT packets. RFC 9000 §13.2.5.
        int exponent = (int)(state.PeerParameters?.AckDelayExponent ?? 0);
        ulong microseconds = space.Id == PacketNumberSpace.Application ? Math.Min(ack.Delay, MaxDelayMicroseconds >> exponent) << exponent : 0;
        state.Recovery.OnAck(space.Id, ack, TimeSpan.FromTicks((long)microseconds * TimeSpan.TicksPerMicrosecond), now);
        if (space.Id == PacketNumberSpace.Handshake && state.Role == EndpointRole.Client)
        {
            // The server has read a Handshake packet, so it knows our address. RFC 9002 §6.2.2.1.
            state.Recovery.PeerHasValidatedAddress = true;
        }

        if (space.Id == PacketNumberSpace.Application)
        {
            state.ApplicationKeys.OnAcked(ack.Largest, 3 * state.ProbePeriod, now);
            if (state.Streams is StreamContext streams)
            {
                streams.SendBufferLimit = (int)Math.Clamp(
                    2 * state.Recovery.Congestion.CongestionWindow, StreamContext.MinSendBuffer, StreamContext.MaxSendBuffer);
            }
        }
    }
}
