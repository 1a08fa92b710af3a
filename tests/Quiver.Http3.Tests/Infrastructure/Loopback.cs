using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Quiver.Http3.Tests.Infrastructure;

/// <summary>Options for both ends of an HTTP/3 connection over the loopback address.</summary>
internal static class Loopback
{
    public static readonly X509Certificate2 Certificate = CreateCertificate();

    public static SslServerAuthenticationOptions ServerTls() => new()
    {
        ApplicationProtocols = [SslApplicationProtocol.Http3],
        ServerCertificate = Certificate,
    };

    public static QuicServerConnectionOptions ServerOptions() => new()
    {
        DefaultStreamErrorCode = (long)Http3ErrorCode.RequestCancelled,
        DefaultCloseErrorCode = (long)Http3ErrorCode.NoError,
        ServerAuthenticationOptions = ServerTls(),
    };

    public static QuicClientConnectionOptions ClientOptions(EndPoint server) => new()
    {
        RemoteEndPoint = server,
        DefaultStreamErrorCode = (long)Http3ErrorCode.RequestCancelled,
        DefaultCloseErrorCode = (long)Http3ErrorCode.NoError,
        MaxInboundUnidirectionalStreams = 20,
        SessionTickets = new SessionTicketStore(),
        ClientAuthenticationOptions = new SslClientAuthenticationOptions
        {
            ApplicationProtocols = [SslApplicationProtocol.Http3],
            TargetHost = "localhost",
            RemoteCertificateValidationCallback = static (_, _, _, _) => true,
        },
    };

    private static X509Certificate2 CreateCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(30));
    }
}
