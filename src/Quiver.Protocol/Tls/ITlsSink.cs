using Quiver.Protocol.Crypto;
using Quiver.Protocol.Primitives;
using Quiver.Protocol.Tls.Resumption;

namespace Quiver.Protocol.Tls;

/// <summary>Where a handshake puts its output. Called from within <see cref="ITlsHandshake"/>'s methods; spans last for the call only.</summary>
internal interface ITlsSink
{
    /// <summary>Handshake bytes to be sent in CRYPTO frames at a level.</summary>
    void OnHandshakeBytes(EncryptionLevel level, ReadOnlySpan<byte> bytes);

    /// <summary>The traffic secret for what we receive at a level. A server's Application read secret comes only with the client's Finished. RFC 9001 §5.7.</summary>
    void OnReadSecret(EncryptionLevel level, CipherSuite suite, ReadOnlySpan<byte> secret);

    /// <summary>The traffic secret for what we send at a level.</summary>
    void OnWriteSecret(EncryptionLevel level, CipherSuite suite, ReadOnlySpan<byte> secret);

    /// <summary>The peer's quic_transport_parameters extension. RFC 9001 §8.2.</summary>
    void OnPeerTransportParameters(ReadOnlySpan<byte> encoded);

    /// <summary>Whether early data was accepted: on a client that sent some, on a server that was offered some. RFC 9846 §4.3.10.</summary>
    void OnEarlyData(bool isAccepted);

    /// <summary>Client: a ticket came.</summary>
    void OnSessionTicket(TlsSession session);

    /// <summary>One secret for a key log: label as in RFC 9850, client random, secret. Only when the settings ask for it.</summary>
    void OnKeyLog(string label, ReadOnlySpan<byte> clientRandom, ReadOnlySpan<byte> secret);

    /// <summary>Our Finished is sent and the peer's is verified. RFC 9001 §4.1.1.</summary>
    void OnHandshakeComplete();
}
