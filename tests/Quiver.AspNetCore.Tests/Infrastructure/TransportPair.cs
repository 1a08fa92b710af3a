using System.Net;
using System.Net.Security;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Quiver.AspNetCore.Listening;

namespace Quiver.AspNetCore.Tests.Infrastructure;

/// <summary>The transport alone: a QUIC client, and the connection as Kestrel would get it.</summary>
internal sealed class TransportPair : IAsyncDisposable, IConnectionHeartbeatFeature
{
    private readonly List<(Action<object> Action, object State)> _heartbeats = [];

    private TransportPair(IMultiplexedConnectionListener listener, QuicConnection client, MultiplexedConnectionContext server)
    {
        Listener = listener;
        Client = client;
        Server = server;
        server.Features.Set<IConnectionHeartbeatFeature>(this);
    }

    public IMultiplexedConnectionListener Listener { get; }

    public QuicConnection Client { get; }

    public MultiplexedConnectionContext Server { get; }

    public static async Task<IMultiplexedConnectionListener> ListenAsync(
        Action<QuiverTransportOptions>? configure = null, TlsConnectionCallbackOptions? tls = null)
    {
        var options = new QuiverTransportOptions();
        configure?.Invoke(options);
        var factory = new QuiverListenerFactory(Options.Create(options), NullLoggerFactory.Instance, []);
        var features = new FeatureCollection();
        features.Set(tls ?? new TlsConnectionCallbackOptions
        {
            ApplicationProtocols = [SslApplicationProtocol.Http3],
            OnConnection = (_, _) => ValueTask.FromResult(new SslServerAuthenticationOptions { ServerCertificate = TestCertificates.Localhost }),
        });
        return await factory.BindAsync(new IPEndPoint(IPAddress.Loopback, 0), features);
    }

    public static ValueTask<QuicConnection> ConnectAsync(IMultiplexedConnectionListener listener, Action<QuicClientConnectionOptions>? configure = null)
    {
        var options = new QuicClientConnectionOptions
        {
            RemoteEndPoint = listener.EndPoint,
            DefaultStreamErrorCode = 0x10C,
            DefaultCloseErrorCode = 0x100,
            MaxInboundUnidirectionalStreams = 10,
            MaxInboundBidirectionalStreams = 10,
            ClientAuthenticationOptions = new SslClientAuthenticationOptions
            {
                ApplicationProtocols = [SslApplicationProtocol.Http3],
                TargetHost = "localhost",
                CertificateChainPolicy = HandMadeClient.TrustRoot(),
            },
        };
        configure?.Invoke(options);
        return QuicConnection.ConnectAsync(options);
    }

    public static async Task<TransportPair> CreateAsync(
        Action<QuiverTransportOptions>? configure = null, Action<QuicClientConnectionOptions>? client = null)
    {
        IMultiplexedConnectionListener listener = await ListenAsync(configure);
        ValueTask<MultiplexedConnectionContext?> accepting = listener.AcceptAsync();
        QuicConnection connection = await ConnectAsync(listener, client).Soon();
        return new TransportPair(listener, connection, (await accepting.Soon())!);
    }

    public void OnHeartbeat(Action<object> action, object state) => _heartbeats.Add((action, state));

    /// <summary>A stream of the client's on which it has written so much, on both sides.</summary>
    public async Task<(QuicStream Client, ConnectionContext Server)> OpenAsync(
        byte[] bytes, bool isLast = false, QuicStreamType type = QuicStreamType.Bidirectional)
    {
        QuicStream stream = await Client.OpenOutboundStreamAsync(type).Soon();
        await stream.WriteAsync(bytes, completeWrites: isLast).Soon();
        return (stream, (await Server.AcceptAsync().Soon())!);
    }

    public async ValueTask DisposeAsync()
    {
        await Client.DisposeAsync();
        await Server.DisposeAsync();
        await Listener.DisposeAsync();
    }
}
