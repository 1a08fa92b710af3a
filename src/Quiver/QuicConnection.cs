using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Quiver.Diagnostics;
using Quiver.Driving;
using Quiver.Protocol.Primitives;
using Quiver.Protocol.Tls;
using Quiver.Protocol.Tls.Resumption;
using Quiver.Security;
using Quiver.Validation;

namespace Quiver;

/// <summary>
/// A QUIC connection (RFC 9000): made by <see cref="ConnectAsync"/> or taken from a <see cref="QuicListener"/>. Both ends open streams
/// on it. It is not a stream itself, and disposing it ends all of its streams.
/// </summary>
public sealed class QuicConnection : IAsyncDisposable
{
    private readonly TaskCompletionSource _handshake = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private QuicConnectionOptions? _options;
    private CapacityNotifier? _capacity;
    private X509Certificate2? _remoteCertificate;
    private ReadOnlyMemory<byte> _keptCertificate;
    private int _earlyData;
    private bool _isCertificateExposed;
    private int _isDisposed;

    internal QuicConnection(ConnectionDriver driver, string targetHostName)
    {
        Driver = driver;
        TargetHostName = targetHostName;
    }

    /// <summary>A connection that is dropped without being disposed, with all of its streams, is closed with the default code.</summary>
    ~QuicConnection()
    {
        Driver.OnHandleLost();
    }

    /// <summary>Always true: there is no native library to miss.</summary>
    public static bool IsSupported => true;

    /// <summary>The address and port that the peer's datagrams come from; changes when the peer's path does.</summary>
    public IPEndPoint RemoteEndPoint => GetAddress(isLocal: false).ToIPEndPoint();

    /// <summary>Our own address and port of the path in use.</summary>
    public IPEndPoint LocalEndPoint => GetAddress(isLocal: true).ToIPEndPoint();

    /// <summary>The way that the connection goes now. To come back to it after <see cref="QuicPath.MigrateAsync"/> of another, keep it.</summary>
    public QuicPath CurrentPath => new(this, Driver.Paths.ReadPath());

    /// <summary>
    /// The server's name: on a client the TargetHost of its options, else the host it connected to, else the address in text; on a
    /// server what the client sent (SNI), or empty.
    /// </summary>
    public string TargetHostName { get; }

    /// <summary>
    /// The peer's certificate; null when it sent none. On a resumed connection the one that it sent when the session began. Once asked for,
    /// it is the caller's to dispose; else it goes with the connection.
    /// </summary>
    public X509Certificate? RemoteCertificate
    {
        get
        {
            ObjectDisposedException.ThrowIf(IsDisposed, this);
            _isCertificateExposed = true;
            return _remoteCertificate ?? LoadKeptCertificate();
        }
    }

    /// <summary>The application protocol that both ends agreed on (ALPN); default before the handshake is complete. While early data is
    /// <see cref="QuicEarlyDataState.Pending"/>, the session's.</summary>
    public SslApplicationProtocol NegotiatedApplicationProtocol { get; private set; }

    /// <summary>The cipher suite in use; default before the handshake is complete.</summary>
    [CLSCompliant(false)]
    public TlsCipherSuite NegotiatedCipherSuite { get; private set; }

    /// <summary>The version of QUIC in use; the server may change it until the handshake is complete. RFC 9368 §2.3.</summary>
    public QuicVersion NegotiatedVersion => (QuicVersion)Driver.Core.Version;

    /// <summary>The key exchange in use, by its name in the TLS registry (for example X25519MLKEM768); empty before the handshake is complete.</summary>
    public string NegotiatedGroup { get; private set; } = string.Empty;

    /// <summary>
    /// Completes with the handshake, and fails when the connection ends before. Of use with early data; without it a connection that you have
    /// is complete.
    /// </summary>
    public Task HandshakeCompleted => _handshake.Task;

    /// <summary>Whether this client had to prove its address first, by a Retry; on a server, false. RFC 9000 §8.1.2.</summary>
    public bool IsRetried => Driver.Role == EndpointRole.Client && Driver.Core.IsRetried;

    /// <summary>Whether the connection continues an earlier session. RFC 9846 §2.2.</summary>
    public bool IsResumed { get; private set; }

    /// <summary>What became of early data. On a client that has sent some it is <see cref="QuicEarlyDataState.Pending"/> until the server's answer.</summary>
    public QuicEarlyDataState EarlyDataState => (QuicEarlyDataState)Volatile.Read(ref _earlyData);

    /// <summary>On a server, when resumed: the bytes that <see cref="QuicServerConnectionOptions.SessionTicketData"/> put into the ticket.</summary>
    public ReadOnlyMemory<byte> SessionTicketData { get; internal set; }

    /// <summary>TLS 1.3, always: QUIC has no other. RFC 9001 §4.2.</summary>
    [SuppressMessage("Performance", "CA1822:Mark members as static", Justification = "An instance property in System.Net.Quic.")]
    public SslProtocols SslProtocol => SslProtocols.Tls13;

    internal ConnectionDriver Driver { get; }

    /// <summary>When the peer's certificate ends, or the ticket that stood for it.</summary>
    internal DateTimeOffset CertificateExpires { get; private set; } = DateTimeOffset.MaxValue;

    /// <summary>The callbacks of the options: the handle keeps them alive, and nothing else.</summary>
    internal QuicDatagramReceivedCallback? DatagramReceived { get; private set; }

    internal Action<QuicConnection, QuicDatagramOutcome>? DatagramSettled { get; private set; }

    private bool IsDisposed => Volatile.Read(ref _isDisposed) != 0;

    /// <summary>
    /// Connects to a server; done when the handshake is complete and the server's certificate was found good, or at once with
    /// <see cref="QuicClientConnectionOptions.EnableEarlyData"/> and a ticket that allows it.
    /// </summary>
    /// <param name="options">Where to and how. Wrong options throw at once, not through the task.</param>
    /// <param name="cancellationToken">Cancelling gives the attempt up.</param>
    /// <exception cref="AuthenticationException">TLS failed: a certificate was not accepted, or there is no application protocol in common.</exception>
    /// <exception cref="QuicException">The server refused, did not answer in time, or speaks no version of QUIC that we speak.</exception>
    /// <exception cref="System.Net.Sockets.SocketException">The name has no address, or an address cannot be used or reached.</exception>
    public static ValueTask<QuicConnection> ConnectAsync(QuicClientConnectionOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate(nameof(options));
        return ClientConnector.ConnectAsync(options, endpoint: null, cancellationToken);
    }

    /// <summary>
    /// Opens a stream, waiting until the peer allows one more. The peer hears of it with the first data, FIN or abort, not before.
    /// </summary>
    /// <param name="type">One direction or both.</param>
    /// <param name="cancellationToken">Cancelling gives the place in the queue up.</param>
    /// <exception cref="QuicException">The connection has ended.</exception>
    public ValueTask<QuicStream> OpenOutboundStreamAsync(QuicStreamType type, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        return cancellationToken.IsCancellationRequested
            ? ValueTask.FromCanceled<QuicStream>(cancellationToken)
            : Driver.Streams.OpenAsync(this, type, cancellationToken);
    }

    /// <summary>
    /// Takes the next stream that the peer opened, waiting for one. Streams that came before the connection ended are still given out.
    /// The peer may open a new one for each stream that was accepted and has ended on both sides.
    /// </summary>
    /// <param name="cancellationToken">Cancelling ends the wait only.</param>
    /// <exception cref="InvalidOperationException">The options let the peer open no streams.</exception>
    /// <exception cref="QuicException">The connection has ended.</exception>
    public ValueTask<QuicStream> AcceptInboundStreamAsync(CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        if (_options is { MaxInboundBidirectionalStreams: 0, MaxInboundUnidirectionalStreams: 0 })
        {
            throw new InvalidOperationException(
                "The peer may open no streams: set MaxInboundBidirectionalStreams or MaxInboundUnidirectionalStreams in the connection's options.");
        }

        return cancellationToken.IsCancellationRequested
            ? ValueTask.FromCanceled<QuicStream>(cancellationToken)
            : Driver.Streams.AcceptAsync(this, cancellationToken);
    }

    /// <summary>
    /// Sends in one go what is written, on any of the connection's streams, while <paramref name="write"/> runs: small messages share
    /// packets and system calls. Keep it short and let it wait for nothing that the peer must do, since nothing is sent until it returns.
    /// </summary>
    /// <param name="write">Writes. Runs at once, on the calling thread; what it throws comes out of this call.</param>
    /// <param name="state">What it gets.</param>
    public void WriteTogether<TState>(Action<TState> write, TState state)
    {
        ArgumentNullException.ThrowIfNull(write);
        Driver.Hold();
        try
        {
            write(state);
        }
        finally
        {
            Driver.Release();
        }
    }

    /// <summary>
    /// The largest datagram that can be sent now, in bytes; 0: the peer takes none (it has not set
    /// <see cref="QuicConnectionOptions.EnableDatagrams"/>). Changes with the path. RFC 9221 §3.
    /// </summary>
    public int MaxDatagramSize => Driver.Datagrams.GetMaxLength();

    /// <summary>
    /// Sends an unreliable datagram (RFC 9221): once, as soon as congestion control lets it. Done when the transport has taken a copy;
    /// waits while 256 others wait to be sent.
    /// </summary>
    /// <param name="datagram">Its bytes; <see cref="MaxDatagramSize"/> at most.</param>
    /// <param name="options">Priority, expiry, and a tag for <see cref="QuicConnectionOptions.DatagramOutcomeCallback"/>.</param>
    /// <param name="cancellationToken">Cancelling ends the wait; the datagram is not sent.</param>
    /// <exception cref="ArgumentException">The datagram is too large.</exception>
    /// <exception cref="InvalidOperationException">The peer takes no datagrams.</exception>
    /// <exception cref="QuicException">The connection has ended.</exception>
    public ValueTask SendDatagramAsync(
        ReadOnlyMemory<byte> datagram, QuicDatagramSendOptions options = default, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        return cancellationToken.IsCancellationRequested
            ? ValueTask.FromCanceled(cancellationToken)
            : Driver.Datagrams.SendAsync(this, datagram, options, cancellationToken);
    }

    /// <summary>As <see cref="SendDatagramAsync"/>, but never waits: false when too many wait to be sent.</summary>
    /// <inheritdoc cref="SendDatagramAsync"/>
    public bool TrySendDatagram(ReadOnlySpan<byte> datagram, QuicDatagramSendOptions options = default)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        return Driver.Datagrams.TrySend(datagram, in options);
    }

    /// <summary>
    /// Takes the next datagram that came, waiting for one. What comes while 1 MiB waits is dropped. One call at a time.
    /// </summary>
    /// <param name="buffer">Where it goes. One that is too small throws <see cref="ArgumentException"/>, and the datagram stays.</param>
    /// <param name="cancellationToken">Cancelling ends the wait only.</param>
    /// <returns>The datagram's length; 0 is an empty datagram.</returns>
    /// <exception cref="InvalidOperationException">Another call is pending, or the options have a <see cref="QuicConnectionOptions.DatagramReceivedCallback"/>.</exception>
    /// <exception cref="QuicException">The connection has ended, and nothing is left.</exception>
    public ValueTask<int> ReceiveDatagramAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        return cancellationToken.IsCancellationRequested
            ? ValueTask.FromCanceled<int>(cancellationToken)
            : Driver.Datagrams.ReceiveAsync(this, buffer, cancellationToken);
    }

    /// <summary>
    /// Tries another way to the server: from a socket at another of this machine's addresses, or at another port. Done when the server has
    /// answered there; the connection goes on as before until <see cref="QuicPath.MigrateAsync"/>. A connection has up to 4 paths. RFC 9000 §9.1.
    /// </summary>
    /// <param name="localEndPoint">
    /// The address to send from; 0.0.0.0 or :: leaves the choice to the system's routes. Port 0 takes one that this connection does not use.
    /// </param>
    /// <param name="cancellationToken">Cancelling gives the path up.</param>
    /// <exception cref="QuicException">
    /// <see cref="QuicError.PathFailed"/>: no answer came for three probe time-outs, three seconds at least. Or the connection has ended.
    /// </exception>
    /// <exception cref="InvalidOperationException">
    /// The connection is a server's, the server asks not to migrate or uses empty connection ids, or there are 4 paths already.
    /// </exception>
    /// <exception cref="System.Net.Sockets.SocketException">The address or port cannot be had, or has no way to the server.</exception>
    public async ValueTask<QuicPath> AddPathAsync(IPEndPoint localEndPoint, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(localEndPoint);
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        ThrowIfNoClient();
        return new QuicPath(this, await Driver.Paths.AddAsync(localEndPoint, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>
    /// Moves to new keys for what is sent and received from now on, as soon as the handshake is confirmed and the peer has acknowledged a packet
    /// of the present ones. Keys change by themselves before they wear out: this is for tests, and for applications that want it more
    /// often. RFC 9001 §6.1.
    /// </summary>
    public void UpdateKeys()
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        Driver.Enter();
        Driver.Core.UpdateKeys();
        Driver.Leave();
    }

    /// <summary>
    /// Closes the connection and all its streams; the peer sees the code. First the peer gets what was written before, for
    /// <see cref="QuicConnectionOptions.CloseTimeout"/> at most. Done when the close was sent. Closing again does nothing.
    /// </summary>
    /// <param name="errorCode">0 to 2^62-1; what it means is up to the application protocol.</param>
    /// <param name="cancellationToken">Cancelling ends the wait only.</param>
    public ValueTask CloseAsync(long errorCode, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        Require.InRange(nameof(errorCode), errorCode, QuicDefaults.MaxErrorCode);
        Task closed = Driver.Closing.CloseAsync(errorCode, _options?.CloseTimeout ?? TimeSpan.Zero);
        return new ValueTask(closed.IsCompleted ? closed : closed.WaitAsync(cancellationToken));
    }

    /// <summary>
    /// Closes the connection and all its streams at once: what was written and is not yet delivered is lost. The peer sees the code.
    /// Does nothing if the connection has ended.
    /// </summary>
    /// <param name="errorCode">0 to 2^62-1; what it means is up to the application protocol.</param>
    public void Abort(long errorCode)
    {
        Require.InRange(nameof(errorCode), errorCode, QuicDefaults.MaxErrorCode);
        if (!IsDisposed)
        {
            _ = Driver.Closing.CloseAsync(errorCode, TimeSpan.Zero);
        }
    }

    /// <summary>
    /// Closes the connection at once with <see cref="QuicConnectionOptions.DefaultCloseErrorCode"/> if it is open, and all its streams;
    /// those that nobody accepted are dropped. What was written and is not yet delivered is lost: to wait for it, dispose the streams
    /// first, or call <see cref="CloseAsync"/>. Done when the close was sent.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
        {
            return;
        }

        GC.SuppressFinalize(this);
        await Driver.Closing.DisposeAsync().ConfigureAwait(false);
        if (!_isCertificateExposed)
        {
            _remoteCertificate?.Dispose();
        }
    }

    /// <summary>
    /// Counts and measures of this moment: live streams by the halves that are open, streams opened and closed, buffers, round-trip time,
    /// packets. Can be asked after the end too.
    /// </summary>
    public QuicConnectionStatistics GetStatistics() => ConnectionReader.ReadStatistics(Driver);

    /// <summary>The connection in words, for logs.</summary>
    public override string ToString() =>
        $"QUIC {(Driver.Role == EndpointRole.Client ? "client" : "server")} connection {LocalEndPoint} - {RemoteEndPoint}";

    internal void ThrowIfNoClient()
    {
        if (Driver.Role == EndpointRole.Server)
        {
            throw new InvalidOperationException("Only a client can go to another path; a server follows it (RFC 9000 §9).");
        }
    }

    /// <summary>Sets what the options say, before the handshake goes on.</summary>
    internal void Configure(QuicConnectionOptions options)
    {
        _options = options;
        Driver.Streams.DefaultErrorCode = (ulong)options.DefaultStreamErrorCode;
        Driver.Closing.DefaultErrorCode = options.DefaultCloseErrorCode;
        DatagramReceived = options.DatagramReceivedCallback;
        DatagramSettled = options.DatagramOutcomeCallback;
        Driver.Datagrams.Configure(this, options);
        if (options is QuicClientConnectionOptions { MigrateOnNetworkChange: true })
        {
            Driver.Paths.FollowsNetwork = true;
            NetworkWatch.Start();
        }

        if (options.StreamCapacityCallback is { } callback)
        {
            _capacity = new CapacityNotifier(this, callback);
            Driver.Capacity = new WeakReference<CapacityNotifier>(_capacity);
        }
    }

    internal void OnRemoteCertificate(X509Certificate2? certificate)
    {
        // Read before anybody else can see it: it goes with the connection, which may be disposed at any moment.
        if (certificate is not null)
        {
            CertificateExpires = new DateTimeOffset(certificate.NotAfter.ToUniversalTime());
        }

        _remoteCertificate = certificate;

        if (IsDisposed)
        {
            certificate?.Dispose();
        }
    }

    internal void OnHandshakeCompleted()
    {
        ITlsHandshake tls = Driver.Core.Tls;
        NegotiatedApplicationProtocol = new SslApplicationProtocol(tls.NegotiatedProtocol.ToArray());
        NegotiatedCipherSuite = CipherSuites.ToTls(tls.NegotiatedSuite);
        NegotiatedGroup = KeyExchangeNames.Of(tls.NegotiatedGroup);
        IsResumed = tls.IsResumed;
        _keptCertificate = IsResumed && tls.PeerCertificates.Count > 0 ? tls.PeerCertificates[0] : default;
        if (Driver.Core.IsHandshakeComplete)
        {
            _handshake.TrySetResult();
        }
    }

    /// <summary>Client: the session that is offered stands for what is not negotiated yet, when early data is sent under it.</summary>
    internal void OnSessionOffered(TlsSession session, DateTimeOffset expires)
    {
        CertificateExpires = expires;
        if (Driver.Core.EarlyData == Protocol.Primitives.EarlyDataState.Pending)
        {
            Volatile.Write(ref _earlyData, (int)QuicEarlyDataState.Pending);
            NegotiatedApplicationProtocol = new SslApplicationProtocol(session.Protocol.ToArray());
            NegotiatedCipherSuite = CipherSuites.ToTls(session.Suite);
            _keptCertificate = session.PeerCertificates.Count > 0 ? session.PeerCertificates[0] : default;
        }
    }

    /// <summary>The server has decided; when it takes early data, all is negotiated.</summary>
    internal void OnEarlyData(bool isAccepted)
    {
        Volatile.Write(ref _earlyData, (int)(isAccepted ? QuicEarlyDataState.Accepted : QuicEarlyDataState.Rejected));
        if (isAccepted && Driver.Role == EndpointRole.Server)
        {
            OnHandshakeCompleted();
        }
    }

    /// <summary>The connection has ended, perhaps before its handshake was complete.</summary>
    internal void OnHandshakeEnded(Protocol.Connections.CloseReason reason)
    {
        if (!_handshake.Task.IsCompleted && _handshake.TrySetException(CloseErrors.ToException(reason, Driver.Closing.Describe())))
        {
            // Nobody may be waiting.
            _ = _handshake.Task.Exception;
        }
    }

    private X509Certificate2? LoadKeptCertificate()
    {
        if (_keptCertificate.IsEmpty)
        {
            return null;
        }

        X509Certificate2 loaded = PeerCertificateParser.Parse(_keptCertificate.Span);
        if (Interlocked.CompareExchange(ref _remoteCertificate, loaded, null) is { } other)
        {
            loaded.Dispose();
            return other;
        }

        return loaded;
    }

    /// <summary>Disposes without waiting: nobody will ever get this connection.</summary>
    internal void Abandon() => _ = DisposeAsync().AsTask();

    private PathAddress GetAddress(bool isLocal)
    {
        Driver.Enter();
        try
        {
            return isLocal ? Driver.Core.LocalAddress : Driver.Core.RemoteAddress;
        }
        finally
        {
            Driver.Leave();
        }
    }
}
