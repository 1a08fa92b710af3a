namespace Quiver.Protocol.Tls;

/// <summary>Signs CertificateVerify with the private key of a certificate.</summary>
internal interface ITlsSigner
{
    /// <summary>What this key can sign with, best first.</summary>
    IReadOnlyList<SignatureScheme> Schemes { get; }

    byte[] Sign(SignatureScheme scheme, ReadOnlySpan<byte> content);
}
