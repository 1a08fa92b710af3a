using Quiver.Protocol.Crypto;
using Quiver.Protocol.Primitives;
using Quiver.Protocol.Tls.Resumption;

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

    /// <summary>Whether the connection continues an earlier session, so that no certificates were exchanged. RFC 9846 §2.2.</summary>
    bool IsResumed { get; }

    /// <summary>Server, while it waits for settings: the tickets that the client offers; null when there are none.</summary>
    PskOffer? OfferedPsks { get; }

    /// <summary>The peer's certificates in DER, leaf first; empty when it sent none. When resumed, those of the first handshake.</summary>
    IReadOnlyList<ReadOnlyMemory<byte>> PeerCertificates { get; }

    /// <summary>Client: sends the ClientHello. Server: nothing.</summary>
    void Start();

    /// <summary>Takes the next CRYPTO bytes of a level, in order and without gaps.</summary>
    void Receive(EncryptionLevel level, ReadOnlySpan<byte> bytes);

    /// <summary>Ends <see cref="TlsSuspension.ServerSettings"/>.</summary>
    void ResumeWithServerSettings(ServerTlsSettings settings, ReadOnlySpan<byte> transportParameters);

    /// <summary>Server, once complete: sends as many tickets as the settings say, if the client has a use for them. RFC 9846 §4.7.1.</summary>
    void SendTickets(QuicVersion version, byte[] rememberedParameters, long unixMilliseconds);

    /// <summary>Ends <see cref="TlsSuspension.PeerCertificate"/>: null accepts; an alert rejects (throws TransportException with it).</summary>
    void ResumeWithCertificateVerdict(TlsAlert? rejection, string reason);
}
