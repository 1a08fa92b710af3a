using System.Net;
using System.Net.Security;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;
using Quiver.AspNetCore.Connections;
using Quiver.AspNetCore.Diagnostics;

namespace Quiver.AspNetCore.Listening;

/// <summary>One HTTP/3 endpoint of Kestrel. A connection that fails in its handshake is logged; nothing but the listener's end ends accepting.</summary>
internal sealed class MultiplexedListener : IMultiplexedConnectionListener
{
    private readonly TransportServices _context;
    private readonly TlsConnectionCallbackOptions _tls;
    private readonly CertificateChainCompletion? _chain;

    /// <summary>Made in the ClientHello stage, when TLS options are asked for, and fetched when the handshake is done; gone with the connection.</summary>
    private readonly ConditionalWeakTable<QuicConnection, ServerConnection> _connections = [];
    private QuicListener _listener = null!; // Set by StartAsync before anybody sees the object.

    private MultiplexedListener(TlsConnectionCallbackOptions tls, TransportServices context)
    {
        _tls = tls;
        _context = context;
        _chain = context.Options.CertificateChain is { } chain ? new CertificateChainCompletion(chain) : null;
    }

    public EndPoint EndPoint => _listener.LocalEndPoint;

    public static async ValueTask<MultiplexedListener> StartAsync(
        IPEndPoint endPoint, TlsConnectionCallbackOptions tls, TransportServices context, CancellationToken cancellationToken)
    {
        var listener = new MultiplexedListener(tls, context);
        var options = new QuicListenerOptions
        {
            ListenEndPoint = endPoint,
            ApplicationProtocols = [.. tls.ApplicationProtocols],
            ListenBacklog = context.Options.Backlog,
            ConnectionOptionsCallback = listener.ConfigureAsync,
        };
        context.Options.ConfigureListener?.Invoke(options);
        listener._listener = await QuicListener.ListenAsync(options, cancellationToken).ConfigureAwait(false);
        return listener;
    }

    public async ValueTask<MultiplexedConnectionContext?> AcceptAsync(
        IFeatureCollection? features = null, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            try
            {
                QuicConnection connection = await _listener.AcceptConnectionAsync(cancellationToken).ConfigureAwait(false);
                if (_connections.TryGetValue(connection, out ServerConnection? context))
                {
                    TransportLog.AcceptedConnection(_context.Log, context);
                    return context;
                }

                await connection.DisposeAsync().ConfigureAwait(false);
            }
            catch (ObjectDisposedException)
            {
                return null;
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                throw;
            }
            catch (Exception e)
            {
                // One client's handshake has failed; Kestrel would take an exception for the end of the endpoint.
                TransportLog.AcceptFailed(_context.Log, e);
            }
        }
    }

    /// <summary>No new connections; those that Kestrel has go on until it ends them.</summary>
    public ValueTask UnbindAsync(CancellationToken cancellationToken = default) => _listener.DisposeAsync();

    public ValueTask DisposeAsync() => _listener.DisposeAsync();

    private async ValueTask<QuicServerConnectionOptions> ConfigureAsync(
        QuicConnection connection, SslClientHelloInfo hello, CancellationToken cancellationToken)
    {
        var context = new ServerConnection(connection, _context);
        _connections.Add(connection, context);
        SslServerAuthenticationOptions authentication = await _tls.OnConnection(
            new TlsConnectionCallbackContext { ClientHelloInfo = hello, State = _tls.OnConnectionState, Connection = context },
            cancellationToken).ConfigureAwait(false)
            ?? throw new InvalidOperationException("The endpoint's TLS callback returned no options.");
        QuiverTransportOptions ours = _context.Options;
        var options = new QuicServerConnectionOptions
        {
            ServerAuthenticationOptions = TlsOptions.Complete(authentication, _tls.ApplicationProtocols, _chain, connection.TargetHostName),
            MaxInboundBidirectionalStreams = ours.MaxBidirectionalStreamCount,
            MaxInboundUnidirectionalStreams = ours.MaxUnidirectionalStreamCount,
            IdleTimeout = ours.IdleTimeout,
            DefaultStreamErrorCode = ours.DefaultStreamErrorCode,
            DefaultCloseErrorCode = ours.DefaultCloseErrorCode,
        };
        options.InitialReceiveWindowSizes.RemotelyInitiatedBidirectionalStream = ours.MaxReadBufferSize;
        ours.ConfigureConnection?.Invoke(connection, options);
        return options;
    }
}
