using System.Runtime.InteropServices;
using Quiver.Protocol.Crypto;
using Quiver.Protocol.Frames;
using Quiver.Protocol.Paths;
using Quiver.Protocol.Primitives;
using Quiver.Protocol.Recovery;
using Quiver.Protocol.TransportParameters;

namespace Quiver.Protocol.Connections;

/// <summary>
/// Builds datagrams with PATH_RESPONSE and PATH_CHALLENGE, which go to the path that they are about. What is asked of a path that is not yet
/// validated is its first; on the one that the congestion window is of, an answer waits for it. RFC 9000 §8.2.
/// </summary>
internal sealed class PathProbeBuilder(ConnectionState state, PacketSealer sealer)
{
    public bool TryBuild(Span<byte> destination, Timestamp now, out OutgoingDatagram datagram)
    {
        datagram = default;
        if (!state.ApplicationKeys.CanWrite)
        {
            return false;
        }

        for (int waiting = state.PathResponses.Count; waiting > 0; waiting--)
        {
            PathResponder.PendingResponse response = state.PathResponses.Take();
            if (!state.Paths.Contains(response.Path) || RoomOn(response.Path, destination) is not (> 0 and int room))
            {
                // One that cannot be sent is dropped: the peer asks again.
                continue;
            }

            if (IsHeldBack(response.Path, room))
            {
                state.PathResponses.OnChallenge(response.Data, response.Path);
                continue;
            }

            datagram = Build(response.Path, response.Data, destination[..room], now);
            return true;
        }

        for (int i = 0; i < state.Paths.Count; i++)
        {
            NetworkPath path = state.Paths[i];
            if (path.Validator.IsChallengeDue && RoomOn(path, destination) is > 0 and int room)
            {
                datagram = Build(path, response: null, destination[..room], now);
                return true;
            }
        }

        return false;
    }

    /// <summary>Full size, but no more than the path's limit allows; 0 also without an id to send to. RFC 9000 §8.2.1, §8.2.2.</summary>
    private int RoomOn(NetworkPath path, Span<byte> destination)
    {
        int room = (int)Math.Min(path.Limit.Available, (ulong)Math.Min(destination.Length, ConnectionState.BaseDatagramSize));

        // The last id is for where the client is: another path would have it for nothing, and the client, unheard, could give no more. RFC 9000 §9.5.
        bool isToBeUsed = path == state.Paths.Awaited;
        return PathSwitch.TryEquip(state, path, isToBeUsed) && room >= ConnectionState.OneRttOverheadOf(path.PeerId!.Id) + (2 * PathChallengeFrame.Length) ? room : 0;
    }

    /// <summary>
    /// Congestion control alone may delay an answer, and does where it knows the path. After a probe time-out what fills the window is probably
    /// lost, and the answer may be what it takes to be heard again. RFC 9000 §8.2.2, RFC 9002 §7.
    /// </summary>
    private bool IsHeldBack(NetworkPath path, int size) =>
        path == state.Paths.Active && path == state.Paths.Settled && state.Recovery.ProbeTimeouts == 0 && !state.Recovery.MaySend(size);

    private OutgoingDatagram Build(NetworkPath path, ulong? response, Span<byte> destination, Timestamp now)
    {
        bool isActive = path == state.Paths.Active;
        PacketSpace space = state.Space(PacketNumberSpace.Application);
        SentPacketLog log = space.Recovery.Log;
        PendingPacket packet = sealer.Begin(space, path.PeerId!.Id, destination, 0); // there is room, so there is an id
        ulong mark = log.FrameMark;
        var builder = new PacketBuilder(destination[packet.PayloadEnd..^PacketProtection.TagLength], log, space.Level, now);
        if (response is ulong asked)
        {
            new PathResponseFrame(asked).Write(ref builder.Writer);
        }

        if (path.Validator.IsChallengeDue)
        {
            ulong data = 0;
            state.Random.Fill(MemoryMarshal.AsBytes(new Span<ulong>(ref data)));
            path.Validator.OnSent(data, destination.Length >= ConnectionState.BaseDatagramSize);
            new PathChallengeFrame(data).Write(ref builder.Writer);
        }

        builder.OnAckEliciting();
        if (isActive && space.Acks.HasNew)
        {
            space.Acks.TryWrite(ref builder.Writer, log, (int)TransportParameterSet.DefaultAckDelayExponent, now);
        }

        if (isActive && builder.Remaining > 0)
        {
            // More than a probe: it shows the peer that this path is the one in use. RFC 9000 §9.3.3.
            builder.Writer.WriteByte((byte)FrameType.Ping);
        }

        builder.Pad(builder.Remaining);
        EcnCodepoint ecn = isActive ? state.Recovery.EcnCodepoint : EcnCodepoint.NotEct;
        int size = sealer.Seal(packet with { PayloadEnd = packet.PayloadEnd + builder.Length }, destination);

        // What goes by another path is nothing to the congestion window of this one. RFC 9000 §9.4.
        state.Recovery.OnPacketSent(space.Id, mark, size, isAckEliciting: true, isInFlight: isActive, ecn, now);
        state.Traffic.OnSent(size);
        state.Idle.OnAckElicitingSent(state.ProbePeriod, now);
        path.Limit.OnSent(size);
        return new OutgoingDatagram(size, path.Local, path.Remote, ecn);
    }
}
