using Quiver.Protocol.ConnectionIds;
using Quiver.Protocol.Crypto;
using Quiver.Protocol.Primitives;
using Quiver.Protocol.Tokens;
using Quiver.Protocol.TransportParameters;

namespace Quiver.Protocol.Connections;

/// <summary>What one endpoint configures for one connection; sent to the peer as transport parameters where RFC 9000 §18 has them.</summary>
internal sealed record ConnectionSettings
{
    public static readonly TimeSpan DefaultIdleTimeout = TimeSpan.FromSeconds(30);
    public static readonly TimeSpan DefaultHandshakeTimeout = TimeSpan.FromSeconds(10);

    public int MaxInboundBidirectionalStreams { get; init; }

    public int MaxInboundUnidirectionalStreams { get; init; }

    /// <summary>Zero: never. Both ends' values count; the smaller decides. RFC 9000 §10.1.</summary>
    public TimeSpan IdleTimeout { get; init; } = DefaultIdleTimeout;

    /// <summary>Zero: no keep-alive PINGs.</summary>
    public TimeSpan KeepAliveInterval { get; init; }

    /// <summary>Time from the first packet to a confirmed handshake; Zero: no limit.</summary>
    public TimeSpan HandshakeTimeout { get; init; } = DefaultHandshakeTimeout;

    public ulong ConnectionReceiveWindow { get; init; } = 16 << 20;

    public ulong LocalBidirectionalReceiveWindow { get; init; } = 64 << 10;

    public ulong RemoteBidirectionalReceiveWindow { get; init; } = 64 << 10;

    public ulong UnidirectionalReceiveWindow { get; init; } = 64 << 10;

    /// <summary>Largest window that auto-tuning may reach, for one stream; a connection's is never below its own initial value.</summary>
    public ulong MaxStreamReceiveWindow { get; init; } = 16 << 20;

    /// <summary>
    /// Most wanted first. Client: what it offers the server to choose from, <see cref="Version"/> among them; null: that alone. Server: what
    /// it takes; null: whatever the client begins with. RFC 9368 §2.3.
    /// </summary>
    public IReadOnlyList<QuicVersion>? Versions { get; init; }

    /// <summary>Client: the version that it begins with.</summary>
    public QuicVersion Version { get; init; } = QuicVersion.V1;

    /// <summary>The largest DATAGRAM frame that we take; 0: none. RFC 9221 §3.</summary>
    public ulong MaxDatagramFrameSize { get; init; }

    /// <summary>Congestion control by NewReno (RFC 9002 §7) instead of CUBIC (RFC 9438).</summary>
    public bool UsesNewReno { get; init; }

    /// <summary>After so many packets we change our keys. RFC 9001 §6.6.</summary>
    public ulong MaxPacketsPerKey { get; init; } = KeyUpdate.DefaultMaxPackets;

    /// <summary>Error code of RESET_STREAM and STOP_SENDING for streams that end by themselves.</summary>
    public ulong DefaultStreamErrorCode { get; init; }

    /// <summary>Client: what was remembered with the session that is offered. RFC 9000 §7.4.1.</summary>
    public TransportParameterSet? Remembered { get; init; }

    /// <summary>Server: the Unix time in milliseconds at <see cref="Timestamp"/> zero, for tickets.</summary>
    public long UnixMillisecondsAtZero { get; init; }

    /// <summary>Client: whether to move to an address that the server prefers, once it answers there. RFC 9000 §9.6.</summary>
    public bool UsesPreferredAddress { get; init; } = true;

    /// <summary>Server: where clients are to go after the handshake; both null: they stay. The endpoint listens there too. RFC 9000 §9.6.</summary>
    public (PathAddress? IPv4, PathAddress? IPv6) PreferredAddress { get; init; }

    /// <summary>Whether the peer is asked to stay at its address. RFC 9000 §18.2.</summary>
    public bool DisablesActiveMigration { get; init; }

    /// <summary>After so long the ids of both ends change; zero: never. RFC 9000 §5.1.2.</summary>
    public TimeSpan ConnectionIdLifetime { get; init; }

    public IRandomSource Random { get; init; } = null!;

    /// <summary>Client: where its ids come from; a server's endpoint has one source for all.</summary>
    public IConnectionIdSource ConnectionIds { get; init; } = null!;

    /// <summary>Client: what the server gave it by NEW_TOKEN on an earlier connection; empty: nothing. RFC 9000 §8.1.3.</summary>
    public byte[] AddressToken { get; init; } = [];

    /// <summary>Server: who makes the token that the client gets for its next connection; null: it gets none.</summary>
    public AddressTokens? NewTokens { get; init; }

    /// <summary>Server: the time of day.</summary>
    public long UnixMilliseconds(Timestamp now) => UnixMillisecondsAtZero + (now.Ticks / TimeSpan.TicksPerMillisecond);
}
