using Quiver.Protocol.Crypto;
using Quiver.Protocol.Packets;
using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.Connections;

/// <summary>
/// The first exchange: which ids and keys are used, Retry, Version Negotiation, and when an address counts as validated.
/// RFC 9000 §6, §7.2, §8.1.
/// </summary>
internal sealed class HandshakeStart(ConnectionState state, ConnectionCloser closer, InitialProtection initial)
{
    /// <summary>Whether any packet of the peer was authenticated.</summary>
    public bool HasSeenPeer { get; private set; }

    /// <summary>Client: how to begin anew in another version.</summary>
    public FirstFlight? FirstFlight { get; set; }

    /// <summary>Client: an Initial in another version that we offer may be the server's, and is opened to see. RFC 9369 §4.1.</summary>
    public void BeforeOpening(in PacketHeader header)
    {
        if (header.Type == PacketType.Initial && state.Version.MayBecome(header.Version))
        {
            initial.Expect(header.Version);
        }
    }

    /// <summary>A packet of the handshake was authenticated.</summary>
    public void OnAuthenticated(in PacketHeader header)
    {
        HasSeenPeer = true;
        if (header.Type == PacketType.OneRtt)
        {
            return;
        }

        if (header.Type == PacketType.Initial && state.Version.MayBecome(header.Version))
        {
            // It is: the server has changed the version. RFC 9369 §4.1.
            initial.ChangeVersion(header.Version);
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
        // It is of the version that we began with. RFC 9369 §4.1.
        if (state.Role != EndpointRole.Client || header.Version != state.Version.Original || HasSeenPeer || state.RetrySource is not null || header.Token.IsEmpty
            || state.IsClosing || header.Source == state.PeerIds.Current)
        {
            return;
        }

        Span<byte> tag = stackalloc byte[RetryIntegrity.TagLength];
        RetryIntegrity.ComputeTag(header.Version, state.OriginalDestination.Span, packet[..^RetryIntegrity.TagLength], tag);
        if (!packet[^RetryIntegrity.TagLength..].SequenceEqual(tag))
        {
            return;
        }

        state.RetrySource = header.Source;
        state.InitialToken = header.Token.ToArray();
        state.PeerIds.Replace(header.Source);
        initial.Derive(header.Source);

        // All is sent anew, early data too; packet numbers go on. RFC 9000 §17.2.5.3.
        state.Recovery.ForgetSent(PacketNumberSpace.Initial);
        state.Recovery.ForgetSent(PacketNumberSpace.Application);
    }

    /// <summary>
    /// Client: begins again with the version that it likes best of those that the server offers, or gives up when it speaks none of them.
    /// RFC 9000 §6.2, RFC 9368 §2.1.
    /// </summary>
    public void OnVersionNegotiation(ReadOnlySpan<byte> packet, in PacketHeader header, Timestamp now)
    {
        // Not once anything else came, an earlier one included, nor for other ids than ours. Servers follow none. RFC 9000 §6.2, RFC 9368 §2.1, §4.
        if (FirstFlight is null || HasSeenPeer || state.RetrySource is not null || state.IsClosing || state.Version.FollowsNegotiation
            || header.Source != state.OriginalDestination || header.Destination != state.LocalInitialSource
            || !VersionNegotiationPacket.TryRead(packet[header.PayloadOffset..], out uint[] versions))
        {
            return;
        }

        // What lists the version that we used is forged, or old. RFC 9000 §6.2, RFC 9368 §4.
        if (versions.Contains((uint)state.Version.Original))
        {
            return;
        }

        if (VersionChoice.Select(state.Version.Offered, versions) is QuicVersion version)
        {
            FirstFlight.BeginAgain(version);
            return;
        }

        string reason = $"the server offers {QuicVersions.Describe(versions)}, this side {QuicVersions.Describe(state.Version.Offered)}";
        closer.Abandon(new CloseReason(CloseKind.VersionNegotiation, (ulong)TransportErrorCode.VersionNegotiationError, 0, reason), now);
    }
}
