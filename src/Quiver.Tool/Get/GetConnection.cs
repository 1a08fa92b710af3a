using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Quiver.Tool.Hq;

namespace Quiver.Tool.Get;

/// <summary>Connects to one server with the trust that the user asked for.</summary>
internal static class GetConnection
{
    private const int StreamWindow = 1 << 20;

    public static ValueTask<QuicConnection> ConnectAsync(string host, int port, GetOptions options, CancellationToken cancellationToken)
    {
        QuicClientConnectionOptions connection = new()
        {
            RemoteEndPoint = IPAddress.TryParse(host, out IPAddress? address) ? new IPEndPoint(address, port) : new DnsEndPoint(host, port),
            DefaultStreamErrorCode = 0,
            DefaultCloseErrorCode = 0,
            ClientAuthenticationOptions = new SslClientAuthenticationOptions
            {
                ApplicationProtocols = [HqProtocol.Name],
                TargetHost = host,
                CertificateChainPolicy = options.Roots is null ? null : TrustOnly(options.Roots),
#pragma warning disable CA5359 // --insecure is what the user asked for.
                RemoteCertificateValidationCallback = options.Insecure ? AcceptAny : null,
#pragma warning restore CA5359
            },
        };
        connection.InitialReceiveWindowSizes.LocallyInitiatedBidirectionalStream = StreamWindow;
        return QuicConnection.ConnectAsync(connection, cancellationToken);
    }

    private static X509ChainPolicy TrustOnly(X509Certificate2Collection roots)
    {
        X509ChainPolicy policy = new() { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.AddRange(roots);
        return policy;
    }

    private static bool AcceptAny(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors) => true;
}
