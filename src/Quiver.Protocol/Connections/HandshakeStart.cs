using Quiver.Protocol.Crypto;
using Quiver.Protocol.Packets;
using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.Connections;

/// <summary>
/// The first exchange: which ids and keys are used, Retry, Version Negotiation, and when an address counts as validated.
/// RFC 9000 §6, §7.2, §8.1.
/// </summary>
internal sealed class HandshakeStart(ConnectionState state, ConnectionCloser closer)
{
    /// <summary>Whether any packet of the peer was authenticated.</summary>
    public bool HasSeenPeer { get; private set; }

    public void SetInitialKeys(in ConnectionId destination)
    {
        PacketSpace initial = state.Space(PacketNumberSpace.Initial);
        EndpointRole peer = state.Role == EndpointRole.Client ? EndpointRole.Server : EndpointRole.Client;
        initial.Read?.Dispose();
        initial.Write?.Dispose();
        initial.Read = InitialKeys.Create(state.Version, destination.Span, peer);
        initial.Write = InitialKeys.Create(state.Version, destination.Span, state.Role);
    }

    /// <summary>A packet of the handshake was authenticated.</summary>
    public void OnAuthenticated(in PacketHeader header)
    {
        HasSeenPeer = true;
        if (header.Type == PacketType.OneRtt)
        {
            return;
        }

        if (state.PeerInitialSource is null)
        {
            state.PeerInitialSource = header.Source;
            state.PeerIds.Replace(header.Source);
        }

        if (header.Type == PacketType.Handshake && state.Role == EndpointRole.Server)
        {
            // A Handshake packet proves that the client got ours: its address is valid, Initial keys go. RFC 9000 §8.1, RFC 9001 §4.9.1.
            state.Paths.Active.OnValidated();
            state.Recovery.IsBlockedByAmplification = false;
            state.Discard(PacketNumberSpace.Initial);
        }
    }

    /// <summary>Client: follows one Retry, and only before anything else came. RFC 9000 §17.2.5.2.</summary>
    public void OnRetry(ReadOnlySpan<byte> packet, in PacketHeader header)
    {
        if (state.Role != EndpointRole.Client || header.Version != state.Version || HasSeenPeer || state.RetrySource is not null || header.Token.IsEmpty
            || state.IsClosing || header.Source == state.PeerIds.Current)
        {
            return;
        }

        Span<byte> tag = stackalloc byte[RetryIntegrity.TagLength];
        RetryIntegrity.ComputeTag(state.Version, state.OriginalDestination.Span, packet[..^RetryIntegrity.TagLength], tag);
        if (!packet[^RetryIntegrity.TagLength..].SequenceEqual(tag))
        {
            return;
        }

        state.RetrySource = header.Source;
        state.InitialToken = header.Token.ToArray();
        state.PeerIds.Replace(header.Source);
        SetInitialKeys(header.Source);

        // All is sent anew, early data too; packet numbers go on. RFC 9000 §17.2.5.3.
        state.Recovery.ForgetSent(PacketNumberSpace.Initial);
        state.Recovery.ForgetSent(PacketNumberSpace.Application);
    }

    /// <summary>Client: gives up when the server does not speak our version. RFC 9000 §6.2.</summary>
    public void OnVersionNegotiation(ReadOnlySpan<byte> packet, in PacketHeader header, Timestamp now)
    {
        ReadOnlySpan<byte> versions = packet[header.PayloadOffset..];

        // Not once anything else came, nor if it lists the version that we use, nor for other ids than ours.
        if (state.Role != EndpointRole.Client || HasSeenPeer || state.RetrySource is not null || state.IsClosing
            || header.Source != state.OriginalDestination || VersionNegotiationPacket.Offers(versions, state.Version))
        {
            return;
        }

        closer.Abandon(
            new CloseReason(CloseKind.VersionNegotiation, (ulong)TransportErrorCode.VersionNegotiationError, 0, $"the server offers versions {Convert.ToHexString(versions)}, we speak {(uint)state.Version:x8}"),
            now);
    }
}
