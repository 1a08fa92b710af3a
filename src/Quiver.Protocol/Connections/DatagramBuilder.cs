using System.Runtime.CompilerServices;
using Quiver.Protocol.Crypto;
using Quiver.Protocol.Frames;
using Quiver.Protocol.Packets;
using Quiver.Protocol.Primitives;
using Quiver.Protocol.Recovery;

namespace Quiver.Protocol.Connections;

/// <summary>Builds the next datagram: a packet for each space that has something to say, coalesced, padded where it must be. RFC 9000 §12.2, §14.1.</summary>
internal sealed class DatagramBuilder(ConnectionState state, PacketSealer sealer, SendPolicy policy)
{
    /// <summary>Not worth starting a packet for less room than its overhead and some frames.</summary>
    private const int MinFrameRoom = 32;

    /// <summary>ACKs in a row that nothing acknowledges: then one asks for it, so that both ends can forget. RFC 9000 §13.2.4.</summary>
    private const int MaxUnackedAcks = 64;

    /// <summary>Packets without an answer beyond which mere ACKs are held back: a peer that acknowledges nothing would have us remember them all.</summary>
    public const int MaxUnsettled = 64 * 1024;

    private readonly PacketNumberSkipper _skipper = new(state.Random);
    private readonly PathProbeBuilder _probes = new(state, sealer);
    private int _unackedAcks;

    public bool TryBuild(Span<byte> destination, Timestamp now, out OutgoingDatagram datagram)
    {
        policy.OnBuildStarted();
        if (_probes.TryBuild(destination, now, out datagram))
        {
            return true;
        }

        int size = MaxDatagramSize(destination.Length);
        if (size == 0 || !state.PeerIds.TryRenew(state.PeerIds.Active, replace: false))
        {
            return false;
        }

        destination = destination[..size];
        PendingPackets pending = default;
        int count = 0;
        int length = 0;
        bool mustPad = false;
        EcnCodepoint ecn = state.Recovery.EcnCodepoint;
        foreach (PacketSpace space in state.Spaces)
        {
            if (!sealer.CanWrite(space.Id) || destination.Length - length < sealer.Overhead(space) + MinFrameRoom)
            {
                continue;
            }

            if (TryBuildPacket(space, destination, length, now, out Built built))
            {
                pending[count++] = built;
                length = built.Packet.PayloadEnd + PacketProtection.TagLength;

                // All a client's Initials, and a server's that ask for an ACK, fill 1,200 bytes. RFC 9000 §14.1.
                mustPad |= space.Id == PacketNumberSpace.Initial && (state.Role == EndpointRole.Client || built.IsAckEliciting);
            }
        }

        if (count == 0)
        {
            return false;
        }

        if (mustPad && length < PacketHeader.MinInitialDatagram)
        {
            pending[count - 1] = Pad(pending[count - 1], destination, PacketHeader.MinInitialDatagram - length);
            length = PacketHeader.MinInitialDatagram;
        }

        for (int i = 0; i < count; i++)
        {
            Finish(pending[i], destination, ecn, now);
        }

        state.Amplification.OnSent(length);
        datagram = new OutgoingDatagram(length, state.Local, state.Remote, ecn);
        return true;
    }

    private int MaxDatagramSize(int room)
    {
        ulong allowed = state.Amplification.Available;
        state.Recovery.IsBlockedByAmplification = allowed < ConnectionState.BaseDatagramSize;
        if (allowed < ConnectionState.BaseDatagramSize)
        {
            // A smaller one could not carry an Initial, and would only eat the rest.
            return 0;
        }

        return Math.Min(room, ConnectionState.BaseDatagramSize);
    }

    private bool TryBuildPacket(PacketSpace space, Span<byte> destination, int offset, Timestamp now, out Built built)
    {
        built = default;
        bool probe = space.Recovery.ProbesPending > 0;
        bool hasFrames = state.Frames.HasFrames(space.Id);
        if (probe && !hasFrames)
        {
            state.Recovery.FillProbe(space.Id);
            hasFrames = state.Frames.HasFrames(space.Id);
        }

        bool maySend = (hasFrames || probe) && policy.MaySendFrames(space, destination.Length, now);
        SentPacketLog log = space.Recovery.Log;
        if (!maySend && (!space.Acks.IsDue || log.NextPacketNumber - log.Oldest > MaxUnsettled))
        {
            return false;
        }

        if (space.Id == PacketNumberSpace.Application && _skipper.ShouldSkip(log.NextPacketNumber))
        {
            log.Skip();
        }

        PendingPacket packet = sealer.Begin(space, destination, offset);
        ulong mark = log.FrameMark;
        Span<byte> payload = destination[packet.PayloadEnd..^PacketProtection.TagLength];
        var builder = new PacketBuilder(payload, log, packet.Level, now);
        if (space.Acks.HasNew && (space.Acks.IsDue || maySend))
        {
            space.Acks.TryWrite(ref builder.Writer, log, (int)TransportParameters.TransportParameterSet.DefaultAckDelayExponent, now);
        }

        if (maySend)
        {
            state.Frames.WriteFrames(space.Id, ref builder);
        }

        bool wantsAck = probe || (builder.Length > 0 && _unackedAcks >= MaxUnackedAcks);
        if (wantsAck && !builder.IsAckEliciting && builder.Remaining > 0)
        {
            builder.Writer.WriteByte((byte)FrameType.Ping);
            builder.OnAckEliciting();
        }

        if (builder.Length == 0)
        {
            log.Abandon(mark);
            return false;
        }

        _unackedAcks = builder.IsAckEliciting ? 0 : _unackedAcks + 1;
        builder.Pad(PacketSealer.PaddingForSample(packet, builder.Length));
        built = new Built(
            packet with { PayloadEnd = packet.PayloadEnd + builder.Length }, mark, builder.IsAckEliciting, builder.IsInFlight);
        return true;
    }

    private static Built Pad(in Built last, Span<byte> destination, int padding)
    {
        destination.Slice(last.Packet.PayloadEnd, padding).Clear();
        return last with { Packet = last.Packet with { PayloadEnd = last.Packet.PayloadEnd + padding }, IsInFlight = true };
    }

    private void Finish(in Built built, Span<byte> destination, EcnCodepoint ecn, Timestamp now)
    {
        PacketSpace space = built.Packet.Space;
        int end = sealer.Seal(built.Packet, destination);
        int size = end - built.Packet.Offset;
        state.Recovery.OnPacketSent(space.Id, built.FrameMark, size, built.IsAckEliciting, built.IsInFlight, ecn, now);
        state.Traffic.OnSent(size);
        if (built.IsAckEliciting)
        {
            state.Idle.OnAckElicitingSent(state.ProbePeriod, now);
        }

        if (space.Id == PacketNumberSpace.Handshake && state.Role == EndpointRole.Client)
        {
            // A client drops Initial keys when it first sends a Handshake packet. RFC 9001 §4.9.1.
            state.Discard(PacketNumberSpace.Initial);
        }
    }

    private readonly record struct Built(PendingPacket Packet, ulong FrameMark, bool IsAckEliciting, bool IsInFlight);

    [InlineArray(3)]
    private struct PendingPackets
    {
        private Built _first;
    }
}
