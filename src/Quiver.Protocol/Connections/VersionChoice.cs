using Quiver.Protocol.Packets;
using Quiver.Protocol.Primitives;
using Quiver.Protocol.TransportParameters;

namespace Quiver.Protocol.Connections;

/// <summary>
/// Which version a connection has. A client begins in one; the server may change to another that the client offers, once, with its first
/// flight (RFC 9368 §2.3, RFC 9369 §4.1), or ask the client to begin again (RFC 9368 §2.1). TLS tells both whether that was genuine (§4).
/// </summary>
internal sealed class VersionChoice(EndpointRole role, QuicVersion original, IReadOnlyList<QuicVersion> offered)
{
    private bool _isSettled;

    /// <summary>The version of the client's first flight, in which its 0-RTT packets and a Retry are.</summary>
    public QuicVersion Original { get; private set; } = original;

    /// <summary>The version of all packets that are sent from now on but 0-RTT.</summary>
    public QuicVersion Current { get; private set; } = original;

    /// <summary>Client: whether it began again because of Version Negotiation, which anybody can forge.</summary>
    public bool FollowsNegotiation { get; private set; }

    /// <summary>Client: what the server may choose from, most wanted first.</summary>
    public IReadOnlyList<QuicVersion> Offered => offered;

    /// <summary>The first of the preferences in a peer's list; null when they have none in common.</summary>
    public static QuicVersion? Select(IReadOnlyList<QuicVersion> preferences, IEnumerable<uint> available)
    {
        foreach (QuicVersion version in preferences)
        {
            if (available.Contains((uint)version))
            {
                return version;
            }
        }

        return null;
    }

    /// <summary>Whether a packet with a long header can be of this connection, by its version. RFC 9369 §4.1.</summary>
    public bool Admits(PacketType type, QuicVersion version) => type switch
    {
        // Early data stays in the version that the client began with.
        PacketType.ZeroRtt => version == Original,

        // A client that has not yet heard of a change goes on in the original version.
        PacketType.Initial => version == Current || (role == EndpointRole.Server && version == Original) || MayBecome(version),
        _ => version == Current || MayBecome(version),
    };

    /// <summary>Client: whether the server may still change to the version.</summary>
    public bool MayBecome(QuicVersion version) =>
        role == EndpointRole.Client && !_isSettled && version != Current && offered.Contains(version);

    /// <summary>Client: the server's handshake has begun in the current version, and stays in it. RFC 9369 §4.1.</summary>
    public void Settle() => _isSettled = true;

    public void Change(QuicVersion version)
    {
        Current = version;
        _isSettled = true;
    }

    /// <summary>Client: a new first flight, in another version.</summary>
    public void BeginAgain(QuicVersion version)
    {
        Original = version;
        Current = version;
        FollowsNegotiation = true;
    }

    /// <summary>
    /// Server: the version that it wants to go on with, of those that the client's first flight is compatible with. Null preferences leave
    /// it to the client. RFC 9368 §2.3.
    /// </summary>
    public QuicVersion SelectForClient(IReadOnlyList<QuicVersion>? preferences, VersionInformation? client)
    {
        if (preferences is null)
        {
            return Original;
        }

        IEnumerable<uint> available = client?.Available ?? [(uint)Original];
        if (Select(preferences, available) is QuicVersion selected)
        {
            return selected;
        }

        TransportException.Throw(
            TransportErrorCode.VersionNegotiationError,
            $"the client offers {QuicVersions.Describe(available)}, the server takes {QuicVersions.Describe(preferences)}");
        return default;
    }

    /// <summary>What the peer says of versions under TLS must agree with what its packets had. RFC 9368 §4.</summary>
    public void Check(VersionInformation? peer)
    {
        if (role == EndpointRole.Server)
        {
            // A client's choice is the version that it began with. RFC 9368 §4.
            if (peer is not null && peer.Chosen != (uint)Original)
            {
                Fail($"the client chose {QuicVersions.Describe(peer.Chosen)}, and began with {Describe(Original)}");
            }

            return;
        }

        if (peer is null)
        {
            CheckSilence();
            return;
        }

        // An attacker can put any version into a long header. RFC 9368 §4.
        if (peer.Chosen != (uint)Current)
        {
            Fail(
                $"the server chose {QuicVersions.Describe(peer.Chosen)}, and its packets have {Describe(Current)}; "
                + $"this side offers {QuicVersions.Describe(offered)}");
        }

        // Had we known all that the server speaks, we would have begun with the same version. RFC 9368 §4.
        if (FollowsNegotiation && (peer.Available.Count == 0 || Select(offered, peer.Available.Append((uint)Current)) != Original))
        {
            Fail(
                $"Version Negotiation was forged: the server speaks {QuicVersions.Describe(peer.Available)}, "
                + $"and this side, which offers {QuicVersions.Describe(offered)}, was made to begin with {Describe(Original)}");
        }
    }

    /// <summary>A server without version_information speaks version 1 alone, if anything was negotiated. RFC 9368 §4, §8.</summary>
    private void CheckSilence()
    {
        if ((FollowsNegotiation && Original != QuicVersion.V1) || Current != Original)
        {
            Fail(
                $"the server does not say which versions it speaks, and {Describe(Current)} was negotiated; "
                + $"this side offers {QuicVersions.Describe(offered)}");
        }
    }

    private static string Describe(QuicVersion version) => QuicVersions.Describe((uint)version);

    private static void Fail(string reason) => TransportException.Throw(TransportErrorCode.VersionNegotiationError, reason);
}
