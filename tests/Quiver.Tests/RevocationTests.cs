using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Quiver.Tests.Infrastructure;

namespace Quiver.Tests;

/// <summary>Whether revocation is asked for, on either side. The certificates name no list, so their status cannot be known.</summary>
public sealed class RevocationTests
{
    [Theory]
    [InlineData(X509RevocationMode.NoCheck)]
    [InlineData(X509RevocationMode.Offline)]
    [InlineData(X509RevocationMode.Online)]
    public async Task A_client_checks_in_the_mode_of_its_options(X509RevocationMode mode)
    {
        X509ChainPolicy? seen = null;
        await using ConnectedPair pair = await ConnectedPair.CreateAsync(client: options =>
        {
            options.ClientAuthenticationOptions.CertificateRevocationCheckMode = mode;
            options.ClientAuthenticationOptions.RemoteCertificateValidationCallback = (_, _, chain, _) =>
            {
                seen = chain!.ChainPolicy;
                return true;
            };
        });
        Assert.Equal(mode, seen!.RevocationMode);
        Assert.Equal(X509RevocationFlag.ExcludeRoot, seen.RevocationFlag);
    }

    [Theory]
    [InlineData(X509RevocationMode.NoCheck)]
    [InlineData(X509RevocationMode.Online)]
    public async Task A_server_checks_in_the_mode_of_its_options(X509RevocationMode mode)
    {
        X509RevocationMode? seen = null;
        await using ConnectedPair pair = await ConnectedPair.CreateAsync(
            client: options => options.ClientAuthenticationOptions.ClientCertificates = [Certificates.Client],
            server: options =>
            {
                options.ServerAuthenticationOptions.ClientCertificateRequired = true;
                options.ServerAuthenticationOptions.CertificateRevocationCheckMode = mode;
                options.ServerAuthenticationOptions.RemoteCertificateValidationCallback = (_, _, chain, _) =>
                {
                    seen = chain!.ChainPolicy.RevocationMode;
                    return true;
                };
            });
        Assert.Equal(mode, seen);
    }

    [Theory]
    [InlineData(X509RevocationMode.NoCheck, false)]
    [InlineData(X509RevocationMode.Online, true)]
    public async Task A_chain_policy_comes_before_the_mode_and_an_unknown_status_refuses(X509RevocationMode ofPolicy, bool isRefused)
    {
        (X509Certificate2 root, X509Certificate2 intermediate, X509Certificate2 leaf) = Certificates.CreateChain();
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = ofPolicy };
        policy.CustomTrustStore.Add(root);
        QuicServerConnectionOptions server = Loopback.ServerOptions();
        server.ServerAuthenticationOptions.ServerCertificateContext = SslStreamCertificateContext.Create(leaf, [intermediate], offline: true);
        await using QuicListener listener = await Loopback.ListenAsync(server);
        QuicClientConnectionOptions options = Loopback.ClientOptions(listener.LocalEndPoint);
        options.ClientAuthenticationOptions.RemoteCertificateValidationCallback = null;
        options.ClientAuthenticationOptions.CertificateChainPolicy = policy;
        options.ClientAuthenticationOptions.CertificateRevocationCheckMode =
            ofPolicy == X509RevocationMode.NoCheck ? X509RevocationMode.Online : X509RevocationMode.NoCheck;
        if (isRefused)
        {
            AuthenticationException e = await Assert.ThrowsAsync<AuthenticationException>(() => QuicConnection.ConnectAsync(options).Soon());
            Assert.Contains(nameof(X509ChainStatusFlags.RevocationStatusUnknown), e.Message, StringComparison.Ordinal);
        }
        else
        {
            await using QuicConnection connection = await QuicConnection.ConnectAsync(options).Soon();
            Assert.Equal(leaf, connection.RemoteCertificate);
        }
    }
}
