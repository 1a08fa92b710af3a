namespace Quiver.Protocol.Tls;

/// <summary>What a server waits for. RFC 9846 §A.2. In QUIC the end of early data has no message.</summary>
/// <remarks>
/// <code>
/// START -> NEGOTIATED (settings) -> WAIT_CERT -> WAIT_CV -> WAIT_FINISHED -> CONNECTED
///             |        ^      |         | empty                ^
///             v        |      |         +----------------------+
///         WAIT_SECOND_HELLO   +-- no certificate asked for ----+
/// </code>
/// </remarks>
internal enum ServerState
{
    WaitClientHello,
    WaitSettings,
    WaitSecondClientHello,
    WaitCertificate,
    WaitCertificateVerify,
    WaitFinished,
    Connected,
}
