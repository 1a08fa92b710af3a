namespace Quiver.Protocol.Tls;

/// <summary>What a client waits for. RFC 9846 §A.1. With a PSK, WAIT_FINISHED follows WAIT_EE.</summary>
/// <remarks>
/// <code>
/// START -> WAIT_SH -> WAIT_EE -> WAIT_CERT_CR -> WAIT_CERT -> WAIT_CV -> WAIT_FINISHED -> CONNECTED
///            ^  | HelloRetryRequest    |  Certificate          ^
///            +--+                      +-----------------------+
/// </code>
/// </remarks>
internal enum ClientState
{
    Start,
    WaitServerHello,
    WaitEncryptedExtensions,
    WaitCertificateOrRequest,
    WaitCertificate,
    WaitCertificateVerify,
    WaitFinished,
    Connected,
}
