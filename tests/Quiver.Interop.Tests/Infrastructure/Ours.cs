using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace Quiver.Interop.Tests.Infrastructure;

/// <summary>Our own ends: a client that trusts the test's authority alone, and a server with its certificate.</summary>
internal static class Ours
{
    public const long StreamError = 0x51;
    public const long CloseError = 0x52;

    public static async Task<QuicConnection> ConnectAsync(IPEndPoint remote, string protocol, string? pki = null, Action<QuicClientConnectionOptions>? configure = null)
    {
        pki ??= await Pki.DirectoryAsync();
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.Add(Pki.LoadAuthority(pki));
        var options = new QuicClientConnectionOptions
        {
            RemoteEndPoint = remote,
            DefaultStreamErrorCode = StreamError,
            DefaultCloseErrorCode = CloseError,
            MaxInboundBidirectionalStreams = 100,
            MaxInboundUnidirectionalStreams = 100,
            ClientAuthenticationOptions = new SslClientAuthenticationOptions
            {
                ApplicationProtocols = [new SslApplicationProtocol(protocol)],
                TargetHost = "localhost",
                CertificateChainPolicy = policy,
            },
        };
        configure?.Invoke(options);
        return await QuicConnection.ConnectAsync(options).Soon();
    }

    public static async Task<QuicListener> ListenAsync(
        string protocol, IPAddress? address = null, string? pki = null, Action<QuicServerConnectionOptions>? configure = null, Action<QuicListenerOptions>? listener = null)
    {
        X509Certificate2 certificate = Pki.LoadServer(pki ?? await Pki.DirectoryAsync());
        var options = new QuicServerConnectionOptions
        {
            DefaultStreamErrorCode = StreamError,
            DefaultCloseErrorCode = CloseError,
            ServerAuthenticationOptions = new SslServerAuthenticationOptions
            {
                ApplicationProtocols = [new SslApplicationProtocol(protocol)],
                ServerCertificate = certificate,
            },
        };
        configure?.Invoke(options);
        var listen = new QuicListenerOptions
        {
            ListenEndPoint = new IPEndPoint(address ?? IPAddress.Loopback, 0),
            ApplicationProtocols = [new SslApplicationProtocol(protocol)],
            ConnectionOptionsCallback = (_, _, _) => ValueTask.FromResult(options),
        };
        listener?.Invoke(listen);
        return await QuicListener.ListenAsync(listen).Soon();
    }
}
