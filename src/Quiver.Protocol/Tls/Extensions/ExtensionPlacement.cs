namespace Quiver.Protocol.Tls.Extensions;

/// <summary>Messages that have a block of extensions; as flags, where an extension may stand. RFC 9846 §4.3.</summary>
[Flags]
internal enum ExtensionPlacement
{
    None = 0,
    ClientHello = 1,
    ServerHello = 2,
    HelloRetryRequest = 4,
    EncryptedExtensions = 8,
    CertificateRequest = 16,
    Certificate = 32,
    NewSessionTicket = 64,
}
