namespace Quiver.Protocol.Tls;

/// <summary>A certificate chain in DER, leaf first, and the signer for its leaf.</summary>
internal sealed record TlsCertificate(IReadOnlyList<ReadOnlyMemory<byte>> Chain, ITlsSigner Signer);
