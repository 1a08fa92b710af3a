namespace Quiver.Protocol.Tls.Messages;

/// <summary>How much a peer may make us hold before it has proven anything. The wire would allow 16 MiB a message.</summary>
internal static class HandshakeLimits
{
    /// <summary>The largest hellos seen carry two post-quantum key shares and a ticket, in under 4 KiB; cookies may add to it.</summary>
    public const int MaxHello = 32 * 1024;

    /// <summary>Names of certificate authorities make it long; Windows stops at 16 KiB.</summary>
    public const int MaxCertificateRequest = 64 * 1024;

    /// <summary>A chain. OpenSSL's default is 100 KiB.</summary>
    public const int MaxCertificate = 128 * 1024;

    /// <summary>Room for post-quantum signatures; RSA with 8192 bits needs 1 KiB.</summary>
    public const int MaxCertificateVerify = 16 * 1024;

    /// <summary>The longest hash in use has 48 bytes.</summary>
    public const int MaxFinished = 64;

    /// <summary>A ticket of the largest size and its fields.</summary>
    public const int MaxNewSessionTicket = 66 * 1024;

    /// <summary>KeyUpdate and EndOfEarlyData are refused in any case, but with a message that says so.</summary>
    public const int MaxOther = 64;

    /// <summary>Bytes kept while the application thinks: a chain and what follows it in one flight.</summary>
    public const int MaxBuffered = MaxCertificate + MaxCertificateRequest + MaxCertificateVerify + MaxHello;

    /// <summary>Extensions in one block: the registry has about seventy, and duplicates are looked for pairwise.</summary>
    public const int MaxExtensions = 128;

    /// <summary>Certificates in a chain.</summary>
    public const int MaxChain = 32;

    /// <summary>The longest body of a type; negative when the type is unknown.</summary>
    public static int MaxBody(HandshakeType type) => type switch
    {
        HandshakeType.ClientHello or HandshakeType.ServerHello or HandshakeType.EncryptedExtensions => MaxHello,
        HandshakeType.CertificateRequest => MaxCertificateRequest,
        HandshakeType.Certificate => MaxCertificate,
        HandshakeType.CertificateVerify => MaxCertificateVerify,
        HandshakeType.Finished => MaxFinished,
        HandshakeType.NewSessionTicket => MaxNewSessionTicket,
        HandshakeType.EndOfEarlyData or HandshakeType.KeyUpdate => MaxOther,
        _ => -1,
    };
}
