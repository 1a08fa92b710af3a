using System.Text;
using Quiver.Protocol.Buffers;
using Quiver.Protocol.Crypto;
using Quiver.Protocol.Frames;
using Quiver.Protocol.Packets;
using Quiver.Protocol.Primitives;
using Quiver.Protocol.Recovery;

namespace Quiver.Protocol.Connections;

/// <summary>Ends a connection: closing, draining, and the CONNECTION_CLOSE that is sent and repeated. RFC 9000 §10.2.</summary>
internal sealed class ConnectionCloser(ConnectionState state, PacketSealer sealer)
{
    /// <summary>Longer reasons are cut, so that the frame fits in any packet.</summary>
    public const int MaxReasonLength = 200;

    private bool _sendPending;
    private ulong _received;
    private ulong _nextAnswer = 1;

    /// <summary>Null while the connection lives.</summary>
    public CloseReason? Reason { get; private set; }

    /// <summary>When closing or draining is over.</summary>
    public Timestamp Deadline { get; private set; } = Timestamp.Never;

    public bool HasDatagram => _sendPending;

    /// <summary>We close, and say so.</summary>
    public void Close(CloseReason reason, Timestamp now)
    {
        if (Reason is null)
        {
            _sendPending = true;
            End(reason, ConnectionPhase.Closing, now);
        }
    }

    /// <summary>The peer has closed: from now on silence. RFC 9000 §10.2.2.</summary>
    public void OnPeerClosed(bool isApplication, ulong code, ulong frameType, string reason, Timestamp now)
    {
        if (Reason is null)
        {
            End(new CloseReason(isApplication ? CloseKind.PeerApplication : CloseKind.PeerTransport, code, frameType, reason), ConnectionPhase.Draining, now);
        }
        else if (state.Phase == ConnectionPhase.Closing)
        {
            state.Phase = ConnectionPhase.Draining;
            _sendPending = false;
        }
    }

    /// <summary>The connection ends without a word: idle, reset by the peer, or never begun.</summary>
    public void Abandon(CloseReason reason, Timestamp now)
    {
        if (Reason is null)
        {
            End(reason, ConnectionPhase.Draining, now);
            Deadline = now;
        }
    }

    /// <summary>A stateless reset: nothing may be sent any more. RFC 9000 §10.3.1.</summary>
    public void OnStatelessReset(Timestamp now)
    {
        if (Reason is null)
        {
            End(new CloseReason(CloseKind.StatelessReset, 0, 0, "the peer lost the connection (stateless reset)"), ConnectionPhase.Draining, now);
        }
    }

    /// <summary>A packet came in the closing state: answer ever fewer of them. RFC 9000 §10.2.1.</summary>
    public void OnPacketWhileClosing()
    {
        if (state.Phase == ConnectionPhase.Closing && ++_received >= _nextAnswer)
        {
            _nextAnswer *= 2;
            _received = 0;
            _sendPending = true;
        }
    }

    public void OnTimeout(Timestamp now)
    {
        if (now >= Deadline && state.Phase != ConnectionPhase.Closed)
        {
            state.Phase = ConnectionPhase.Closed;
            Deadline = Timestamp.Never;
            _sendPending = false;
            state.LocalIds.RemoveAll();
            if (state.Role == EndpointRole.Server)
            {
                // The id that the client chose at first found the connection too.
                state.Events.OnConnectionIdRemoved(state.OriginalDestination);
            }

            state.PeerIds.RemoveAll();
            state.Dispose();
            state.Events.OnDrained();
        }
    }

    /// <summary>Builds a datagram with CONNECTION_CLOSE at each level that the peer may be able to read. RFC 9000 §10.2.3.</summary>
    public bool TryBuild(Span<byte> destination, Timestamp now, out OutgoingDatagram datagram)
    {
        datagram = default;
        if (!_sendPending || state.Amplification.Available < ConnectionState.BaseDatagramSize || !state.PeerIds.TryRenew(state.PeerIds.Active, replace: false))
        {
            return false;
        }

        _sendPending = false;
        destination = destination[..Math.Min(destination.Length, ConnectionState.BaseDatagramSize)];
        int length = 0;
        foreach (PacketSpace space in state.Spaces)
        {
            // Once confirmed only 1-RTT keys are left. Before, 1-RTT goes along with the others.
            // A client that has Handshake keys knows that the server has them: no Initial, which would fill 1,200 bytes. RFC 9000 §14.1.
            // Nor is it said in early data, which the server may not take.
            bool isNeedless = sealer.LevelOf(space) == EncryptionLevel.EarlyData
                || (space.Id == PacketNumberSpace.Initial && state.Role == EndpointRole.Client && sealer.CanWrite(PacketNumberSpace.Handshake));
            if (sealer.CanWrite(space.Id) && !isNeedless)
            {
                length = WriteClose(space, destination, length, now);
            }
        }

        if (length == 0)
        {
            return false;
        }

        state.Amplification.OnSent(length);
        datagram = new OutgoingDatagram(length, state.Local, state.Remote, EcnCodepoint.NotEct);
        return true;
    }

    private void End(CloseReason reason, ConnectionPhase phase, Timestamp now)
    {
        Reason = reason;
        state.Phase = phase;

        // Three probe time-outs, for what is still under way. RFC 9000 §10.2.
        Deadline = now + (3 * state.ProbePeriod);
        state.Streams?.Table.Abandon();
        state.Datagrams.Abandon();
        state.Events.OnClosed(reason);
    }

    /// <summary>The longest beginning that takes at most <see cref="MaxReasonLength"/> bytes.</summary>
    private static string Cut(string reason)
    {
        int length = Math.Min(reason.Length, MaxReasonLength);
        while (Encoding.UTF8.GetByteCount(reason.AsSpan(0, length)) > MaxReasonLength)
        {
            length--;
        }

        return reason[..length];
    }

    private int WriteClose(PacketSpace space, Span<byte> destination, int offset, Timestamp now)
    {
        CloseReason reason = Reason!; // only after End
        bool isApplication = reason.Kind == CloseKind.LocalApplication;

        // What an application says is not for those who may read the handshake. RFC 9000 §10.2.3.
        bool hide = isApplication && space.Id != PacketNumberSpace.Application;
        byte[] text = hide ? [] : Encoding.UTF8.GetBytes(Cut(reason.Reason));
        var frame = new ConnectionCloseFrame(
            isApplication && !hide, hide ? (ulong)TransportErrorCode.ApplicationError : reason.Code, reason.FrameType, text);
        if (destination.Length - offset < sealer.Overhead(space) + frame.Length)
        {
            return offset;
        }

        PendingPacket packet = sealer.Begin(space, destination, offset);
        var writer = new PacketWriter(destination[packet.PayloadEnd..^PacketProtection.TagLength]);
        frame.Write(ref writer);
        writer.WriteZeros(PacketSealer.PaddingForSample(packet, writer.Position));
        int end = packet.PayloadEnd + writer.Position;
        if (space.Id == PacketNumberSpace.Initial && !sealer.CanWrite(PacketNumberSpace.Handshake) && !state.ApplicationKeys.CanWrite)
        {
            int padding = PacketHeader.MinInitialDatagram - end - PacketProtection.TagLength;
            destination.Slice(end, Math.Max(0, padding)).Clear();
            end += Math.Max(0, padding);
        }

        SentPacketLog log = space.Recovery.Log;
        log.Commit(log.FrameMark, 0, false, EcnCodepoint.NotEct, now);
        return sealer.Seal(packet with { PayloadEnd = end }, destination);
    }
}
