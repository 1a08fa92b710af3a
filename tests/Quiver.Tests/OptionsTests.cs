using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using Quiver.Tests.Infrastructure;

namespace Quiver.Tests;

/// <summary>Defaults, and arguments that are refused at once rather than through the task.</summary>
public sealed class OptionsTests
{
    [Fact]
    public void A_client_has_the_documented_defaults()
    {
        var options = new QuicClientConnectionOptions();
        Assert.Equal(0, options.MaxInboundBidirectionalStreams);
        Assert.Equal(0, options.MaxInboundUnidirectionalStreams);
        AssertCommonDefaults(options);
        Assert.Null(options.LocalEndPoint);
    }

    [Fact]
    public void A_server_has_the_documented_defaults()
    {
        var options = new QuicServerConnectionOptions();
        Assert.Equal(100, options.MaxInboundBidirectionalStreams);
        Assert.Equal(10, options.MaxInboundUnidirectionalStreams);
        AssertCommonDefaults(options);
    }

    [Fact]
    public void A_listener_has_the_documented_defaults()
    {
        Assert.Equal(0, new QuicListenerOptions().ListenBacklog);
        Assert.Equal(TimeSpan.FromSeconds(10), new QuicListenerOptions().ClientHelloTimeout);
    }

    [Fact]
    public void Zero_idle_timeout_is_thirty_seconds_and_infinite_is_none()
    {
        QuicClientConnectionOptions options = Client();
        Assert.Equal(TimeSpan.FromSeconds(30), options.ToSettings(options.HandshakeTimeout).IdleTimeout);
        options.IdleTimeout = Timeout.InfiniteTimeSpan;
        Assert.Equal(TimeSpan.Zero, options.ToSettings(options.HandshakeTimeout).IdleTimeout);
        Assert.Equal(TimeSpan.Zero, options.ToSettings(options.HandshakeTimeout).KeepAliveInterval);
    }

    [Fact]
    public void An_infinite_handshake_timeout_is_none()
    {
        Assert.Equal(TimeSpan.Zero, Client().ToSettings(Timeout.InfiniteTimeSpan).HandshakeTimeout);
        Assert.Equal(TimeSpan.FromSeconds(10), Client().ToSettings(Client().HandshakeTimeout).HandshakeTimeout);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(65536)]
    public void Stream_limits_outside_0_to_65535_are_refused(int limit)
    {
        AssertOutOfRange(options => options.MaxInboundBidirectionalStreams = limit);
        AssertOutOfRange(options => options.MaxInboundUnidirectionalStreams = limit);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(1L << 62)]
    public void Error_codes_outside_0_to_2_to_the_62_minus_1_are_refused(long code)
    {
        AssertOutOfRange(options => options.DefaultStreamErrorCode = code);
        AssertOutOfRange(options => options.DefaultCloseErrorCode = code);
    }

    [Fact]
    public void Error_codes_must_be_set()
    {
        QuicClientConnectionOptions set = Client();
        var unset = new QuicClientConnectionOptions
        {
            RemoteEndPoint = set.RemoteEndPoint,
            ClientAuthenticationOptions = set.ClientAuthenticationOptions,
            DefaultCloseErrorCode = 0,
        };
        AssertThrowsAtOnce<ArgumentOutOfRangeException>(unset);
    }

    [Fact]
    public void Negative_times_other_than_infinite_are_refused()
    {
        TimeSpan negative = TimeSpan.FromSeconds(-2);
        AssertOutOfRange(options => options.IdleTimeout = negative);
        AssertOutOfRange(options => options.KeepAliveInterval = negative);
        AssertOutOfRange(options => options.HandshakeTimeout = negative);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-4096)]
    [InlineData(65535)]
    public void Receive_windows_that_are_no_power_of_two_are_refused(int size)
    {
        AssertOutOfRange(options => options.InitialReceiveWindowSizes.Connection = size);
        AssertOutOfRange(options => options.InitialReceiveWindowSizes.LocallyInitiatedBidirectionalStream = size);
        AssertOutOfRange(options => options.InitialReceiveWindowSizes.RemotelyInitiatedBidirectionalStream = size);
        AssertOutOfRange(options => options.InitialReceiveWindowSizes.UnidirectionalStream = size);
    }

    [Fact]
    public void Missing_parts_of_client_options_are_refused()
    {
        Assert.Throws<ArgumentNullException>(() => { _ = QuicConnection.ConnectAsync(null!).AsTask(); });
        AssertNull(options => options.ClientAuthenticationOptions = null!);
        AssertNull(options => options.RemoteEndPoint = null!);
        AssertNull(options => options.InitialReceiveWindowSizes = null!);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData((1 << 22) + 1)]
    public void A_number_of_packets_that_no_key_stands_is_refused(long count) => AssertOutOfRange(options => options.MaxPacketsPerKey = count);

    [Fact]
    public void Versions_that_make_no_sense_are_refused()
    {
        AssertNull(options => options.Versions = null!);
        AssertOutOfRange(options => options.Versions = []);
        AssertOutOfRange(options => options.Versions = [QuicVersion.Version1, (QuicVersion)2]);
        AssertOutOfRange(options => options.Versions = [QuicVersion.Version1, QuicVersion.Version1]);
        AssertOutOfRange(options => options.InitialVersion = (QuicVersion)2);
        AssertOutOfRange(options =>
        {
            options.Versions = [QuicVersion.Version1];
            options.InitialVersion = QuicVersion.Version2;
        });
        QuicListenerOptions listener = Loopback.ListenerOptions();
        listener.Versions = [];
        Assert.Throws<ArgumentOutOfRangeException>(() => { _ = QuicListener.ListenAsync(listener).AsTask(); });
        listener.Versions = [QuicVersion.Version2, (QuicVersion)7];
        Assert.Throws<ArgumentOutOfRangeException>(() => { _ = QuicListener.ListenAsync(listener).AsTask(); });
    }

    [Fact]
    public void An_end_point_of_an_unknown_type_is_refused()
    {
        QuicClientConnectionOptions options = Client();
        options.RemoteEndPoint = new UnixDomainSocketEndPoint("/tmp/nowhere");
        AssertThrowsAtOnce<ArgumentException>(options);
    }

    [Fact]
    public void A_client_without_application_protocols_is_refused()
    {
        QuicClientConnectionOptions options = Client();
        options.ClientAuthenticationOptions.ApplicationProtocols = null;
        AssertThrowsAtOnce<ArgumentException>(options);
        options.ClientAuthenticationOptions.ApplicationProtocols = [];
        AssertThrowsAtOnce<ArgumentException>(options);
    }

    [Fact]
    public void No_encryption_is_not_supported()
    {
        QuicClientConnectionOptions options = Client();
#pragma warning disable SYSLIB0040 // What is to be refused.
        options.ClientAuthenticationOptions.EncryptionPolicy = EncryptionPolicy.NoEncryption;
#pragma warning restore SYSLIB0040
        AssertThrowsAtOnce<PlatformNotSupportedException>(options);
    }

    [Fact]
    public void A_policy_without_a_cipher_suite_of_TLS_1_3_is_refused()
    {
        QuicClientConnectionOptions options = Client();
#pragma warning disable CA1416 // Not on Windows, where such a policy cannot be made.
        options.ClientAuthenticationOptions.CipherSuitesPolicy = new CipherSuitesPolicy([TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256]);
#pragma warning restore CA1416
        AssertThrowsAtOnce<ArgumentException>(options);
    }

    [Fact]
    public void Missing_parts_of_listener_options_are_refused()
    {
        Assert.Throws<ArgumentNullException>(() => { _ = QuicListener.ListenAsync(null!).AsTask(); });
        AssertListener<ArgumentNullException>(options => options.ListenEndPoint = null!);
        AssertListener<ArgumentNullException>(options => options.ConnectionOptionsCallback = null!);
        AssertListener<ArgumentNullException>(options => options.ApplicationProtocols = null!);
        AssertListener<ArgumentNullException>(options => options.ApplicationProtocols = []);
        AssertListener<ArgumentOutOfRangeException>(options => options.ListenBacklog = -1);
        AssertListener<ArgumentOutOfRangeException>(options => options.ClientHelloTimeout = TimeSpan.Zero);
        AssertListener<ArgumentOutOfRangeException>(options => options.ClientHelloTimeout = Timeout.InfiniteTimeSpan);
    }

    [Fact]
    public async Task The_token_of_ListenAsync_is_ignored()
    {
        await using QuicListener listener = await QuicListener.ListenAsync(Loopback.ListenerOptions(), new CancellationToken(canceled: true)).Soon();
        Assert.NotEqual(0, listener.LocalEndPoint.Port);
    }

    private static QuicClientConnectionOptions Client() => Loopback.ClientOptions(new IPEndPoint(IPAddress.Loopback, 9));

    private static void AssertCommonDefaults(QuicConnectionOptions options)
    {
        Assert.Equal(-1, options.DefaultStreamErrorCode);
        Assert.Equal(-1, options.DefaultCloseErrorCode);
        Assert.Equal(TimeSpan.Zero, options.IdleTimeout);
        Assert.Equal(Timeout.InfiniteTimeSpan, options.KeepAliveInterval);
        Assert.Equal(TimeSpan.FromSeconds(10), options.HandshakeTimeout);
        Assert.Equal(16 * 1024 * 1024, options.InitialReceiveWindowSizes.Connection);
        Assert.Equal(64 * 1024, options.InitialReceiveWindowSizes.LocallyInitiatedBidirectionalStream);
        Assert.Equal(64 * 1024, options.InitialReceiveWindowSizes.RemotelyInitiatedBidirectionalStream);
        Assert.Equal(64 * 1024, options.InitialReceiveWindowSizes.UnidirectionalStream);
        Assert.Null(options.StreamCapacityCallback);
    }

    private static void AssertOutOfRange(Action<QuicClientConnectionOptions> change) => AssertChanged<ArgumentOutOfRangeException>(change);

    private static void AssertNull(Action<QuicClientConnectionOptions> change) => AssertChanged<ArgumentNullException>(change);

    private static void AssertChanged<TException>(Action<QuicClientConnectionOptions> change)
        where TException : ArgumentException
    {
        QuicClientConnectionOptions options = Client();
        change(options);
        AssertThrowsAtOnce<TException>(options);
    }

    private static void AssertThrowsAtOnce<TException>(QuicClientConnectionOptions options)
        where TException : Exception => Assert.Throws<TException>(() => { _ = QuicConnection.ConnectAsync(options).AsTask(); });

    private static void AssertListener<TException>(Action<QuicListenerOptions> change)
        where TException : ArgumentException
    {
        QuicListenerOptions options = Loopback.ListenerOptions();
        change(options);
        Assert.Throws<TException>(() => { _ = QuicListener.ListenAsync(options).AsTask(); });
    }
}
