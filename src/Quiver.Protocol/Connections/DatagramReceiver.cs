using System.Buffers;
using Quiver.Protocol.ConnectionIds;
using Quiver.Protocol.Frames;
using Quiver.Protocol.Packets;
using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.Connections;

/// <summary>Takes datagrams apart into packets, opens each and has its frames handled. RFC 9000 §5.2, §12.2.</summary>
internal sealed class DatagramReceiver(
    ConnectionState state, PacketOpener opener, FrameDispatcher dispatcher, ConnectionCloser closer, HandshakeStart start, ConnectionPaths paths)
    : IDisposable
{
    private readonly UndecryptablePackets _undecryptable = new();

    public void Receive(Span<byte> datagram, in DatagramArrival arrival, Timestamp now)
    {
        if (!paths.Admits(arrival))
        {
            return;
        }

        paths.OnDatagram(arrival, datagram.Length);
        ConnectionId? first = null;
        int length = datagram.Length;
        while (!datagram.IsEmpty && state.Phase != ConnectionPhase.Closed)
        {
            if (!PacketHeader.TryRead(datagram, state.LocalInitialSource.Length, out PacketHeader header))
            {
                return;
            }

            // Packets for another id than the first are not ours. RFC 9000 §12.2.
            first ??= header.Destination;
            if (header.Destination != first)
            {
                return;
            }

            ReceivePacket(datagram[..header.Length], header, arrival, length, now);
            datagram = datagram[header.Length..];
        }

        if (!state.IsClosing)
        {
            ReplayUndecryptable(now);
        }
    }

    /// <summary>Keys may have come: opens what was kept for them.</summary>
    public void ReplayUndecryptable(Timestamp now)
    {
        for (int i = _undecryptable.Count; i > 0 && !state.IsClosing; i--)
        {
            UndecryptablePackets.Kept kept = _undecryptable.TakeFirst();
            Span<byte> packet = kept.Buffer.AsSpan(0, kept.Length);
            if (PacketHeader.TryRead(packet, state.LocalInitialSource.Length, out PacketHeader header))
            {
                ReceivePacket(packet, header, kept.Arrival, kept.Length, now);
            }

            ArrayPool<byte>.Shared.Return(kept.Buffer);
        }
    }

    public void Dispose() => _undecryptable.Dispose();

    private void ReceivePacket(Span<byte> packet, in PacketHeader header, in DatagramArrival arrival, int datagramLength, Timestamp now)
    {
        switch (header.Type)
        {
            case PacketType.VersionNegotiation:
                start.OnVersionNegotiation(packet, header, now);
                return;
            case PacketType.Retry:
                start.OnRetry(packet, header);
                return;
            case PacketType.ZeroRtt when state.Role == EndpointRole.Client:
                return;
            case PacketType.Initial or PacketType.ZeroRtt or PacketType.Handshake or PacketType.OneRtt:
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(header));
        }

        // A packet of a version that is not (or no longer) in use is dropped. RFC 9369 §4.1.
        if (header.Type != PacketType.OneRtt && !state.Version.Admits(header.Type, header.Version))
        {
            return;
        }

        // A server's datagram with an Initial has 1,200 bytes or more on arrival. RFC 9000 §14.1.
        if (header.Type == PacketType.Initial && state.Role == EndpointRole.Server && datagramLength < PacketHeader.MinInitialDatagram)
        {
            return;
        }

        // A server's Initial has no token. RFC 9000 §17.2.2.
        if (header.Type == PacketType.Initial && state.Role == EndpointRole.Client && !header.Token.IsEmpty)
        {
            return;
        }

        // During the handshake the peer sticks to the source id that it began with. RFC 9000 §7.2.
        if (header.Type != PacketType.OneRtt && state.PeerInitialSource is ConnectionId source && header.Source != source)
        {
            return;
        }

        start.BeforeOpening(header);
        if (!opener.CanOpen(header))
        {
            if (!opener.IsDiscarded(header.Type))
            {
                _undecryptable.Keep(packet, arrival);
            }

            return;
        }

        // Read first, since opening in place destroys what it does not authenticate.
        StatelessResetToken ending = packet.Length >= StatelessResetPacket.MinLength && header.Type == PacketType.OneRtt
            ? StatelessResetToken.Read(packet[^StatelessResetToken.Length..])
            : default;
        if (!opener.TryOpen(packet, header, now, out OpenedPacket opened))
        {
            // A reset can come by an id of ours: one that is empty, or by chance. RFC 9000 §10.3.1.
            if (header.Type == PacketType.OneRtt && state.Paths.Find(arrival.Local, arrival.Remote)?.PeerId is { } used
                && PeerConnectionIds.IsResetToken(used, ending))
            {
                closer.OnStatelessReset(now);
            }

            return;
        }

        if (opened.Space.Acks.IsDuplicate(opened.PacketNumber))
        {
            return;
        }

        if (state.IsClosing)
        {
            OnPacketWhileClosing(opened.Payload, now);
            return;
        }

        if (paths.OnAuthenticated(opened, arrival, datagramLength, now) is not { } path)
        {
            return;
        }

        state.Traffic.OnReceived(packet.Length);
        start.OnAuthenticated(header);
        if (header.Type == PacketType.OneRtt)
        {
            state.Early.OnOneRttReceived(3 * state.ProbePeriod, now);
        }

        state.Idle.OnReceived(state.ProbePeriod, now);
        (bool isAckEliciting, bool isProbing) = dispatcher.Dispatch(opened, path, now);
        if (!opened.Space.IsDiscarded)
        {
            opened.Space.Acks.OnReceived(opened.PacketNumber, isAckEliciting, arrival.Ecn, state.LocalMaxAckDelay, now);
        }

        if (header.Type == PacketType.OneRtt && !isProbing && !state.IsClosing)
        {
            paths.OnNonProbingPacket(path, opened, now);
        }
    }

    /// <summary>A CONNECTION_CLOSE comes first in its packet, if it comes; anything else is answered with ours.</summary>
    private void OnPacketWhileClosing(ReadOnlySpan<byte> payload, Timestamp now)
    {
        if (payload is [(byte)FrameType.ConnectionCloseTransport or (byte)FrameType.ConnectionCloseApplication, ..])
        {
            closer.OnPeerClosed(false, 0, 0, string.Empty, now);
        }
        else
        {
            closer.OnPacketWhileClosing();
        }
    }
}
