using Quiver.Protocol.Crypto;
using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.Tls.Resumption;

/// <summary>What a client keeps of a connection to resume it: the ticket, its key, and what was negotiated with it. RFC 9846 §4.7.1.
/// A ticket and its key are for one use.</summary>
internal sealed record TlsSession
{
    /// <summary>No ticket lives longer than a week. RFC 9846 §4.7.1.</summary>
    public static readonly TimeSpan MaxLifetime = TimeSpan.FromDays(7);

    /// <summary>The version of QUIC that the connection had, and that alone the ticket is good for. RFC 9369 §5.</summary>
    public QuicVersion Version { get; init; } = QuicVersion.V1;

    public required CipherSuite Suite { get; init; }

    public required NamedGroup Group { get; init; }

    public required ReadOnlyMemory<byte> Protocol { get; init; }

    public required byte[] Psk { get; init; }

    public required byte[] Ticket { get; init; }

    public required uint AgeAdd { get; init; }

    public required TimeSpan Lifetime { get; init; }

    public required bool AllowsEarlyData { get; init; }

    /// <summary>The server's certificates from the handshake in which it proved its key, leaf first.</summary>
    public required IReadOnlyList<ReadOnlyMemory<byte>> PeerCertificates { get; init; }
}
