using Quiver.Protocol.Crypto;
using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.Tls;

/// <summary>
/// One side of a TLS 1.3 handshake over CRYPTO bytes: bytes in by level, bytes and secrets out through <see cref="ITlsSink"/>.
/// Violations throw a <see cref="TransportException"/> with the alert. While suspended, further bytes are kept, within a cap.
/// </summary>
internal interface ITlsHandshake : IDisposable
{
    bool IsComplete { get; }

    /// <summary>What the handshake waits for; while it is not None nothing else happens.</summary>
    TlsSuspension Suspension { get; }

    /// <summary>The server name asked for: sent by the client, or seen in the ClientHello; null when there was none.</summary>
    string? ServerName { get; }

    /// <summary>ALPN names that the client offered, in its order.</summary>
    IReadOnlyList<ReadOnlyMemory<byte>> OfferedProtocols { get; }

    /// <summary>The negotiated ALPN name; empty before it is known.</summary>
    ReadOnlyMemory<byte> NegotiatedProtocol { get; }

    CipherSuite NegotiatedSuite { get; }

    NamedGroup NegotiatedGroup { get; }

    /// <summary>The peer's certificates in DER, leaf first; empty when it sent none.</summary>
    IReadOnlyList<ReadOnlyMemory<byte>> PeerCertificates { get; }

    /// <summary>Client: sends the ClientHello. Server: nothing.</summary>
    void Start();

    /// <summary>Takes the next CRYPTO bytes of a level, in order and without gaps.</summary>
    void Receive(EncryptionLevel level, ReadOnlySpan<byte> bytes);

    /// <summary>Ends <see cref="TlsSuspension.ServerSettings"/>.</summary>
    void ResumeWithServerSettings(ServerTlsSettings settings, ReadOnlySpan<byte> transportParameters);

    /// <summary>Ends <see cref="TlsSuspension.PeerCertificate"/>: null accepts; an alert rejects (throws TransportException with it).</summary>
    void ResumeWithCertificateVerdict(TlsAlert? rejection, string reason);
}
