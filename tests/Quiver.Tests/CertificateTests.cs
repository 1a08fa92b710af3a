using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Quiver.Tests.Infrastructure;

namespace Quiver.Tests;

/// <summary>How certificates are chosen, sent and judged.</summary>
public sealed class CertificateTests
{
    [Fact]
    public async Task Without_a_callback_an_untrusted_certificate_is_refused_and_the_message_names_the_status()
    {
        (AuthenticationException client, Exception server) = await FailAsync(
            client: options => options.ClientAuthenticationOptions.RemoteCertificateValidationCallback = null);
        Assert.Contains("UntrustedRoot", client.Message, StringComparison.Ordinal);
        Assert.Contains("BadCertificate", Assert.IsType<AuthenticationException>(server).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_certificate_for_another_name_is_refused_and_the_message_names_it()
    {
        (AuthenticationException client, _) = await FailAsync(
            client: options =>
            {
                options.ClientAuthenticationOptions.RemoteCertificateValidationCallback = null;
                options.ClientAuthenticationOptions.CertificateChainPolicy = Trust(Certificates.OtherServer);
            },
            server: options => options.ServerAuthenticationOptions.ServerCertificate = Certificates.OtherServer);
        Assert.Contains("RemoteCertificateNameMismatch", client.Message, StringComparison.Ordinal);
        Assert.Contains("localhost", client.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("RemoteCertificateChainErrors", client.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_trusted_certificate_for_the_right_name_needs_no_callback()
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync(client: options =>
        {
            options.ClientAuthenticationOptions.RemoteCertificateValidationCallback = null;
            options.ClientAuthenticationOptions.CertificateChainPolicy = Trust(Certificates.Server);
        });
        Assert.Equal(Certificates.Server, pair.Client.RemoteCertificate);
        Assert.Null(pair.Server.RemoteCertificate);
    }

    [Fact]
    public async Task An_IP_address_is_looked_for_among_the_alternative_names()
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync(client: options =>
        {
            options.ClientAuthenticationOptions.TargetHost = null;
            options.ClientAuthenticationOptions.RemoteCertificateValidationCallback = null;
            options.ClientAuthenticationOptions.CertificateChainPolicy = Trust(Certificates.Server);
        });
        Assert.Equal("127.0.0.1", pair.Client.TargetHostName);
    }

    [Fact]
    public async Task The_callback_sees_the_connection_the_chain_and_the_errors_and_decides()
    {
        object? sender = null;
        SslPolicyErrors seen = SslPolicyErrors.None;
        int elements = 0;
        await using ConnectedPair pair = await ConnectedPair.CreateAsync(client: options =>
            options.ClientAuthenticationOptions.RemoteCertificateValidationCallback = (from, certificate, chain, errors) =>
            {
                sender = from;
                seen = errors;
                elements = chain!.ChainElements.Count;
                return certificate!.Subject == "CN=localhost";
            });
        Assert.Same(pair.Client, sender);
        Assert.Equal(SslPolicyErrors.RemoteCertificateChainErrors, seen);
        Assert.Equal(1, elements);
    }

    [Fact]
    public async Task A_callback_that_says_no_refuses_and_the_server_sees_bad_certificate()
    {
        (AuthenticationException client, Exception server) = await FailAsync(
            client: options => options.ClientAuthenticationOptions.RemoteCertificateValidationCallback = (_, _, _, _) => false);
        Assert.Contains("RemoteCertificateValidationCallback", client.Message, StringComparison.Ordinal);
        Assert.Contains("BadCertificate", Assert.IsType<AuthenticationException>(server).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_callback_that_throws_is_a_callback_error_with_the_exception_inside()
    {
        await using QuicListener listener = await Loopback.ListenAsync();
        QuicClientConnectionOptions options = Loopback.ClientOptions(listener.LocalEndPoint);
        options.ClientAuthenticationOptions.RemoteCertificateValidationCallback = (_, _, _, _) => throw new FormatException("mine");
        QuicException e = await Assert.ThrowsAsync<QuicException>(() => QuicConnection.ConnectAsync(options).Soon());
        Assert.Equal(QuicError.CallbackError, e.QuicError);
        Assert.IsType<FormatException>(e.InnerException);
    }

    [Fact]
    public async Task The_callback_runs_on_the_thread_pool()
    {
        bool isPool = false;
        await using ConnectedPair pair = await ConnectedPair.CreateAsync(client: options =>
            options.ClientAuthenticationOptions.RemoteCertificateValidationCallback = (_, _, _, _) => isPool = Thread.CurrentThread.IsThreadPoolThread);
        Assert.True(isPool);
    }

    [Fact]
    public async Task The_chain_policy_is_cloned()
    {
        X509ChainPolicy policy = Trust(Certificates.Server);
        int before = policy.ApplicationPolicy.Count + policy.ExtraStore.Count;
        await using ConnectedPair pair = await ConnectedPair.CreateAsync(client: options =>
        {
            options.ClientAuthenticationOptions.RemoteCertificateValidationCallback = null;
            options.ClientAuthenticationOptions.CertificateChainPolicy = policy;
        });
        Assert.Equal(before, policy.ApplicationPolicy.Count + policy.ExtraStore.Count);
    }

    [Fact]
    public async Task An_RSA_certificate_works_too()
    {
        using X509Certificate2 rsa = Certificates.CreateRsa("localhost");
        await using ConnectedPair pair = await ConnectedPair.CreateAsync(
            server: options => options.ServerAuthenticationOptions.ServerCertificate = rsa);
        Assert.Equal(rsa, pair.Client.RemoteCertificate);
    }

    [Fact]
    public async Task The_selection_callback_comes_before_context_and_certificate_and_gets_the_options_and_the_name()
    {
        object? sender = null;
        string? name = null;
        await using ConnectedPair pair = await ConnectedPair.CreateAsync(server: options =>
        {
            SslServerAuthenticationOptions tls = options.ServerAuthenticationOptions;
            tls.ServerCertificate = Certificates.OtherServer;
            tls.ServerCertificateContext = SslStreamCertificateContext.Create(Certificates.OtherServer, null, offline: true);
            tls.ServerCertificateSelectionCallback = (from, host) =>
            {
                sender = from == tls ? from : null;
                name = host;
                return Certificates.Server;
            };
        });
        Assert.NotNull(sender);
        Assert.Equal("localhost", name);
        Assert.Equal(Certificates.Server, pair.Client.RemoteCertificate);
    }

    [Fact]
    public async Task The_context_comes_before_the_certificate_and_its_intermediates_are_sent()
    {
        (X509Certificate2 root, X509Certificate2 intermediate, X509Certificate2 leaf) = Certificates.CreateChain();
        await using ConnectedPair pair = await ConnectedPair.CreateAsync(
            client: options =>
            {
                options.ClientAuthenticationOptions.RemoteCertificateValidationCallback = null;
                options.ClientAuthenticationOptions.CertificateChainPolicy = Trust(root);
            },
            server: options =>
            {
                options.ServerAuthenticationOptions.ServerCertificate = Certificates.OtherServer;
                options.ServerAuthenticationOptions.ServerCertificateContext = SslStreamCertificateContext.Create(leaf, [intermediate], offline: true);
            });
        Assert.Equal(leaf, pair.Client.RemoteCertificate);
    }

    [Fact]
    public async Task The_intermediates_of_a_bare_certificate_are_found_on_this_machine_and_sent()
    {
        (X509Certificate2 root, X509Certificate2 intermediate, X509Certificate2 leaf) = Certificates.CreateChain();
        using var store = new X509Store(StoreName.CertificateAuthority, StoreLocation.CurrentUser);
        store.Open(OpenFlags.ReadWrite);
        store.Add(intermediate);
        try
        {
            await using ConnectedPair pair = await ConnectedPair.CreateAsync(
                client: options =>
                {
                    options.ClientAuthenticationOptions.RemoteCertificateValidationCallback = (_, _, chain, _) =>
                        chain!.ChainPolicy.ExtraStore.Contains(intermediate);
                    options.ClientAuthenticationOptions.CertificateChainPolicy = Trust(root);
                },
                server: options => options.ServerAuthenticationOptions.ServerCertificate = leaf);
            Assert.Equal(leaf, pair.Client.RemoteCertificate);
        }
        finally
        {
            store.Remove(intermediate);
        }
    }

    [Fact]
    public async Task A_server_without_encryption_is_not_supported()
    {
        (AuthenticationException client, Exception server) = await FailAsync(server: options =>
        {
#pragma warning disable SYSLIB0040 // What is to be refused.
            options.ServerAuthenticationOptions.EncryptionPolicy = EncryptionPolicy.NoEncryption;
#pragma warning restore SYSLIB0040
        });
        Assert.IsType<PlatformNotSupportedException>(server);
        Assert.Contains("UserCanceled", client.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_policy_without_a_cipher_suite_of_TLS_1_3_is_an_argument_error_at_accept()
    {
        (AuthenticationException client, Exception server) = await FailAsync(server: options =>
        {
#pragma warning disable CA1416 // Not on Windows, where such a policy cannot be made.
            options.ServerAuthenticationOptions.CipherSuitesPolicy = new CipherSuitesPolicy([TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256]);
#pragma warning restore CA1416
        });
        Assert.IsAssignableFrom<ArgumentException>(server);
        Assert.Contains("UserCanceled", client.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_server_without_a_usable_certificate_is_an_argument_error_at_accept(bool hasPublicPart)
    {
        using X509Certificate2 publicPart = X509CertificateLoader.LoadCertificate(Certificates.Server.RawData);
        (AuthenticationException client, Exception server) = await FailAsync(
            server: options => options.ServerAuthenticationOptions.ServerCertificate = hasPublicPart ? publicPart : null);
        Assert.IsAssignableFrom<ArgumentException>(server);
        Assert.Contains("UserCanceled", client.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_certificate_is_asked_for_only_when_required()
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync(
            client: options => options.ClientAuthenticationOptions.ClientCertificates = [Certificates.Client]);
        Assert.Null(pair.Server.RemoteCertificate);
    }

    [Fact]
    public async Task A_required_client_certificate_reaches_the_server()
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync(
            client: options => options.ClientAuthenticationOptions.ClientCertificates = [Certificates.Client],
            server: options => Require(options, (_, _, _, _) => true));
        Assert.Equal(Certificates.Client, pair.Server.RemoteCertificate);
    }

    [Fact]
    public async Task A_client_certificate_context_comes_before_callback_and_collection()
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync(
            client: options =>
            {
                options.ClientAuthenticationOptions.ClientCertificateContext = SslStreamCertificateContext.Create(Certificates.Client, null, offline: true);
                options.ClientAuthenticationOptions.LocalCertificateSelectionCallback = (_, _, _, _, _) => Certificates.OtherServer;
                options.ClientAuthenticationOptions.ClientCertificates = [Certificates.Server];
            },
            server: options => Require(options, (_, _, _, _) => true));
        Assert.Equal(Certificates.Client, pair.Server.RemoteCertificate);
    }

    [Fact]
    public async Task The_selection_callback_of_a_client_comes_before_the_collection_and_gets_the_options()
    {
        object? sender = null;
        string[]? issuers = null;
        QuicClientConnectionOptions? given = null;
        await using ConnectedPair pair = await ConnectedPair.CreateAsync(
            client: options =>
            {
                given = options;
                options.ClientAuthenticationOptions.ClientCertificates = [Certificates.Server];
                options.ClientAuthenticationOptions.LocalCertificateSelectionCallback = (from, _, _, _, acceptable) =>
                {
                    sender = from;
                    issuers = acceptable;
                    return Certificates.Client;
                };
            },
            server: options => Require(options, (_, _, _, _) => true));
        Assert.Same(given, sender);
        Assert.Empty(issuers!);
        Assert.Equal(Certificates.Client, pair.Server.RemoteCertificate);
    }

    [Fact]
    public async Task The_first_client_certificate_with_a_private_key_is_taken()
    {
        using X509Certificate2 publicPart = X509CertificateLoader.LoadCertificate(Certificates.Server.RawData);
        await using ConnectedPair pair = await ConnectedPair.CreateAsync(
            client: options => options.ClientAuthenticationOptions.ClientCertificates = [publicPart, Certificates.Client],
            server: options => Require(options, (_, _, _, _) => true));
        Assert.Equal(Certificates.Client, pair.Server.RemoteCertificate);
    }

    [Fact]
    public async Task A_missing_client_certificate_is_for_the_callback_to_decide()
    {
        SslPolicyErrors seen = SslPolicyErrors.None;
        await using ConnectedPair pair = await ConnectedPair.CreateAsync(
            server: options => Require(options, (_, certificate, _, errors) =>
            {
                seen = errors;
                return certificate is null;
            }));
        Assert.Equal(SslPolicyErrors.RemoteCertificateNotAvailable, seen);
        Assert.Null(pair.Server.RemoteCertificate);
    }

    [Fact]
    public async Task A_missing_client_certificate_without_a_callback_is_refused_at_both_ends()
    {
        await AssertServerRefusesAsync(_ => { }, server => Require(server, null));
    }

    [Fact]
    public async Task A_client_certificate_that_the_callback_refuses_fails_both_ends()
    {
        await AssertServerRefusesAsync(
            client => client.ClientAuthenticationOptions.ClientCertificates = [Certificates.Client],
            server => Require(server, (_, _, _, _) => false));
    }

    [Fact]
    public async Task RemoteCertificate_goes_with_the_connection_unless_it_was_asked_for()
    {
        X509Certificate2? seen = null;
        await using ConnectedPair pair = await ConnectedPair.CreateAsync(client: options =>
            options.ClientAuthenticationOptions.RemoteCertificateValidationCallback = (_, certificate, _, _) =>
            {
                seen = (X509Certificate2)certificate!;
                return true;
            });
        await pair.Client.DisposeAsync().Soon();
        Assert.Equal(IntPtr.Zero, seen!.Handle);

        await using ConnectedPair other = await ConnectedPair.CreateAsync();
        var asked = (X509Certificate2)other.Client.RemoteCertificate!;
        await other.Client.DisposeAsync().Soon();
        Assert.NotEqual(IntPtr.Zero, asked.Handle);
        asked.Dispose();
    }

    [Theory]
    [InlineData(TlsCipherSuite.TLS_AES_128_GCM_SHA256)]
    [InlineData(TlsCipherSuite.TLS_AES_256_GCM_SHA384)]
    [InlineData(TlsCipherSuite.TLS_CHACHA20_POLY1305_SHA256)]
    public async Task A_cipher_suites_policy_decides_the_suite(TlsCipherSuite suite)
    {
#pragma warning disable CA1416 // Not on Windows, where such a policy cannot be made.
        await using ConnectedPair pair = await ConnectedPair.CreateAsync(
            client: options => options.ClientAuthenticationOptions.CipherSuitesPolicy = new CipherSuitesPolicy([suite]));
#pragma warning restore CA1416
        Assert.Equal(suite, pair.Client.NegotiatedCipherSuite);
        Assert.Equal(suite, pair.Server.NegotiatedCipherSuite);
    }

    [Fact]
    public async Task Ignored_options_are_ignored()
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync(
            client: options =>
            {
#pragma warning disable SYSLIB0039, CA5397, CA5398 // What is to be ignored.
                options.ClientAuthenticationOptions.EnabledSslProtocols = SslProtocols.Tls11;
#pragma warning restore SYSLIB0039, CA5397, CA5398
                options.ClientAuthenticationOptions.AllowRenegotiation = false;
                options.ClientAuthenticationOptions.AllowTlsResume = false;
            });
        Assert.Equal(SslProtocols.Tls13, pair.Client.SslProtocol);
    }

    private static X509ChainPolicy Trust(X509Certificate2 root)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.Add(root);
        return policy;
    }

    private static void Require(QuicServerConnectionOptions options, RemoteCertificateValidationCallback? callback)
    {
        options.ServerAuthenticationOptions.ClientCertificateRequired = true;
        options.ServerAuthenticationOptions.RemoteCertificateValidationCallback = callback;
    }

    private static async Task<(AuthenticationException Client, Exception Server)> FailAsync(
        Action<QuicClientConnectionOptions>? client = null, Action<QuicServerConnectionOptions>? server = null)
    {
        QuicServerConnectionOptions serverOptions = Loopback.ServerOptions();
        server?.Invoke(serverOptions);
        await using QuicListener listener = await Loopback.ListenAsync(serverOptions);
        QuicClientConnectionOptions options = Loopback.ClientOptions(listener.LocalEndPoint);
        client?.Invoke(options);
        Task<QuicConnection> accept = listener.AcceptConnectionAsync().Soon();
        AuthenticationException failure = await Assert.ThrowsAsync<AuthenticationException>(() => QuicConnection.ConnectAsync(options).Soon());
        return (failure, (await Record.ExceptionAsync(() => accept))!);
    }

    /// <summary>In TLS 1.3 a client may be through before the server has judged its certificate: then its first use of the connection fails.</summary>
    private static async Task AssertServerRefusesAsync(Action<QuicClientConnectionOptions> client, Action<QuicServerConnectionOptions> server)
    {
        QuicServerConnectionOptions serverOptions = Loopback.ServerOptions();
        server(serverOptions);
        await using QuicListener listener = await Loopback.ListenAsync(serverOptions);
        QuicClientConnectionOptions options = Loopback.ClientOptions(listener.LocalEndPoint);
        client(options);
        Task<QuicConnection> accept = listener.AcceptConnectionAsync().Soon();
        AuthenticationException e = await Assert.ThrowsAsync<AuthenticationException>(async () =>
        {
            await using QuicConnection connection = await QuicConnection.ConnectAsync(options).Soon();
            await connection.AcceptInboundStreamAsync().Soon();
        });
        Assert.Contains("BadCertificate", e.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<AuthenticationException>(() => accept);
    }
}
