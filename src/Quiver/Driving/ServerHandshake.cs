using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using Quiver.Diagnostics;
using Quiver.Protocol.Connections;
using Quiver.Protocol.Primitives;
using Quiver.Protocol.Tls;
using Quiver.Protocol.Tls.Resumption;
using Quiver.Protocol.TransportParameters;
using Quiver.Resumption;
using Quiver.Security;

namespace Quiver.Driving;

/// <summary>
/// Sees an incoming connection through its handshake: finds the listener by application protocol, asks the application for options on
/// the thread pool, has the client's certificate checked, and hands the connection over or reports why not.
/// </summary>
[SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable", Justification = "Without a timer there is nothing to dispose, and the callback may hold its token for ever.")]
internal sealed class ServerHandshake(EndpointLoop loop) : IHandshakeHost, IThreadPoolWorkItem
{
    private readonly CancellationTokenSource _ended = new();
    private readonly Timestamp _started = MonotonicClock.Now;
    private volatile ListenerDriver? _listener;
    private volatile QuicConnection? _connection;
    private PeerCertificateRules? _rules;
    private DateTimeOffset _helloArrived;
    private int _isSettled;
    private int _isHandedOver;

    public ConnectionDriver Driver { get; set; } = null!; // Set by whoever makes both, before any event.

    public void OnSuspended(TlsSuspension suspension)
    {
        if (suspension == TlsSuspension.ServerSettings)
        {
            _helloArrived = DateTimeOffset.UtcNow;
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
        else
        {
            // The options that gave the rules ended the first suspension, so they are there.
            if (_connection is { } connection)
            {
                ThreadPool.UnsafeQueueUserWorkItem(new PeerCertificateCheck(Driver, connection, _rules!), preferLocal: false);
            }
        }
    }

    public void OnCompleted()
    {
        ReportSettled();
        if (_connection is { } connection)
        {
            connection.OnHandshakeCompleted();
            HandOver(connection);

            // From now on only the application keeps its handles and callbacks alive.
            _connection = null;
            _listener = null;
            _rules = null;
        }
    }

    /// <summary>With early data the connection is of use before the handshake is complete.</summary>
    public void OnEarlyData(bool isAccepted)
    {
        if (_connection is { } connection)
        {
            connection.OnEarlyData(isAccepted);
            if (isAccepted)
            {
                HandOver(connection);
            }
        }
    }

    public void OnAddressToken(byte[] token, QuicVersion version) => throw new InvalidOperationException("A server gets no tokens.");

    public void OnSessionTicket(TlsSession session, TransportParameterSet parameters) =>
        throw new InvalidOperationException("A server gets no tickets.");

    public void OnClosed(CloseReason reason)
    {
        ReportSettled();
        _ = _ended.CancelAsync();
        QuicConnection? connection = _connection;
        _connection = null;
        connection?.OnHandshakeEnded(reason);
        if (_listener?.TryReportFailure(this, CloseErrors.ToException(reason, Driver.Closing.Describe())) == true)
        {
            connection?.Abandon();
        }
    }

    public void OnListenerDisposed()
    {
        Driver.Closing.Abort(TransportErrorCode.ConnectionRefused, "the listener was closed", cause: null);
        _connection?.Abandon();
    }

    public void Execute() => _ = ChooseAsync();

    private void HandOver(QuicConnection connection)
    {
        if (Interlocked.Exchange(ref _isHandedOver, 1) == 0 && _listener is { } listener && !listener.TryHandOver(this, connection))
        {
            connection.Abandon();
        }
    }

    private async Task ChooseAsync()
    {
        try
        {
            ITlsHandshake tls = Driver.Core.Tls;
            if (Admit(tls) is { } listener)
            {
                await ConfigureAsync(listener, tls.ServerName ?? string.Empty).ConfigureAwait(false);
            }
        }
        catch (TransportException e)
        {
            // The client has done wrong, not we.
            Driver.Closing.Abort(e.Code, e.Message, cause: null);
        }
        catch (Exception e)
        {
            Reject(e);
        }
    }

    private ListenerDriver? Admit(ITlsHandshake tls)
    {
        if (loop.Listeners.Find(tls.OfferedProtocols) is not { } listener)
        {
            // RFC 9001 §8.1: no common protocol closes the connection with no_application_protocol.
            var offered = new ProtocolNames(tls.OfferedProtocols.Select(name => new SslApplicationProtocol(name.ToArray())));
            Driver.Closing.Abort(
                TlsAlert.NoApplicationProtocol, $"the client offers [{offered}], the server has [{loop.Listeners.Describe()}]", cause: null);
            return null;
        }

        IPEndPoint remote = Driver.Core.RemoteAddress.ToIPEndPoint();
        if (!listener.TryAdmit(this, remote))
        {
            Driver.Closing.Abort(TransportErrorCode.ConnectionRefused, "the backlog is full", cause: null);
            return null;
        }

        _listener = listener;
        if (Driver.Closing.IsOver())
        {
            // Ended before it could be reported to the listener.
            listener.TryReportFailure(this, Driver.Closing.CreateStreamException());
            return null;
        }

        return listener;
    }

    private async Task ConfigureAsync(ListenerDriver listener, string serverName)
    {
        var connection = new QuicConnection(Driver, serverName);
        _connection = connection;
        QuicServerConnectionOptions options = await AskAsync(listener, connection, serverName).ConfigureAwait(false);
        if (options is null)
        {
            throw new ArgumentException($"'{nameof(QuicListenerOptions.ConnectionOptionsCallback)}' returned null; it must return options.");
        }

        options.Validate(nameof(options));
        if (options.HandshakeTimeout == TimeSpan.Zero)
        {
            throw new QuicException(QuicError.ConnectionTimeout, "The handshake time-out of the server's options is zero, so the handshake failed at once.");
        }

        _rules = PeerCertificateRules.ForServer(options.ServerAuthenticationOptions);
        ServerTlsSettings tls = ServerTlsSettingsFactory.Create(options.ServerAuthenticationOptions, serverName);
        tls = tls with
        {
            Tickets = ServerSessions.SettingsOf(options),
            Psk = ServerSessions.Choose(
                options, Driver.Core.Tls.OfferedPsks, Driver.Core.OriginalVersion, Driver.Core.Tls.ServerName, tls.Suites, _helloArrived, out ReadOnlyMemory<byte> ticketData),
        };
        connection.Configure(options);
        connection.SessionTicketData = ticketData;

        // The time-out counts from here; the core counts from the first packet.
        TimeSpan timeout = options.HandshakeTimeout == Timeout.InfiniteTimeSpan
            ? options.HandshakeTimeout
            : options.HandshakeTimeout + (MonotonicClock.Now - _started);
        Driver.Enter();
        try
        {
            if (!Driver.Closing.IsClosed)
            {
                ConnectionSettings settings = options.ToSettings(timeout) with
                {
                    Versions = listener.Versions,
                    NewTokens = listener.SendsAddressTokens ? loop.Identity.Tokens : null,
                    DisablesActiveMigration = options.DisableActiveMigration,
                    PreferredAddress = listener.Preferred.TryAttach(Driver) ? listener.Preferred.Addresses : default,
                };
                Driver.Core.ResumeWithServerSettings(settings, tls, Driver.Now);
            }
        }
        finally
        {
            Driver.Leave();
        }
    }

    private async ValueTask<QuicServerConnectionOptions> AskAsync(ListenerDriver listener, QuicConnection connection, string serverName)
    {
        if (listener.Options is not { } options)
        {
            throw new QuicException(QuicError.OperationAborted, "The listener was dropped without being disposed.");
        }

        try
        {
            var hello = new SslClientHelloInfo(serverName, SslProtocols.Tls13);
            return await options.ConnectionOptionsCallback(connection, hello, _ended.Token).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            throw new QuicException(
                QuicError.CallbackError, $"'{nameof(QuicListenerOptions.ConnectionOptionsCallback)}' threw for a {Driver.Closing.Describe()}.", e);
        }
    }

    private void Reject(Exception error)
    {
        QuiverLog.IncomingHandshakeFailed(QuicDiagnostics.Logger, error, Driver.Core.RemoteAddress.ToIPEndPoint());
        Driver.Closing.Abort(TlsAlert.UserCanceled, "the server's application refused the connection", error);
        _connection?.Abandon();
    }

    private void ReportSettled()
    {
        if (Interlocked.Exchange(ref _isSettled, 1) == 0)
        {
            loop.Listeners.OnSettled();
        }
    }
}
