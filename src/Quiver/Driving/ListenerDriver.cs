using System.Diagnostics;
using Quiver.Diagnostics;
using Quiver.Threading;

namespace Quiver.Driving;

/// <summary>
/// What stands behind a listener: how many connections are on their way, and those that are ready, or failed, in the order in which
/// they got there.
/// </summary>
internal sealed class ListenerDriver : IGuard
{
    private readonly Lock _lock = new();
    private readonly HashSet<ServerHandshake> _handshakes = [];
    private readonly Queue<QuicConnection> _ready = new();
    private readonly Queue<Exception> _failures = new();
    private readonly WaiterQueue<QuicConnection> _acceptors;
    private readonly int _backlog;
    private CompletionList _decided;
    private bool _isDisposed;

    public ListenerDriver(QuicListenerOptions options, EndpointLoop loop, PreferredLoops preferred)
    {
        _acceptors = new WaiterQueue<QuicConnection>(this);
        _backlog = options.ListenBacklog == 0 ? QuicDefaults.ListenBacklog : options.ListenBacklog;
        RetryPolicy = options.RetryPolicy;
        RetryThreshold = options.RetryThreshold;
        HasRetryCallback = options.RetryCallback is not null;
        SendsAddressTokens = options.SendAddressTokens;
        ClientHelloTimeout = options.ClientHelloTimeout;
        Versions = options.Versions is { } versions ? [.. versions.Select(x => (Protocol.Primitives.QuicVersion)x)] : null;
        Loop = loop;
        Preferred = preferred;
        Protocols = new ProtocolNames(options.ApplicationProtocols);
    }

    /// <summary>
    /// The application's handle, which is not held: its options can refer, through the callback, to the application's object that owns the
    /// listener, and that must be free to go.
    /// </summary>
    public WeakReference<QuicListener>? Handle { get; set; }

    /// <summary>Null when the application has dropped the listener.</summary>
    public QuicListenerOptions? Options => Handle?.TryGetTarget(out QuicListener? listener) == true ? listener.Options : null;

    /// <summary>Whether there is anything to end.</summary>
    public bool IsStarted { get; set; }

    public EndpointLoop Loop { get; }

    /// <summary>Where the listener's clients go after the handshake.</summary>
    public PreferredLoops Preferred { get; }

    public ProtocolNames Protocols { get; }

    public QuicRetryPolicy RetryPolicy { get; }

    public int RetryThreshold { get; }

    public bool HasRetryCallback { get; }

    public bool SendsAddressTokens { get; }

    public TimeSpan ClientHelloTimeout { get; }

    /// <summary>Most wanted first; null: whatever the client begins with.</summary>
    public IReadOnlyList<Protocol.Primitives.QuicVersion>? Versions { get; }

    /// <summary>Whether the backlog is full.</summary>
    public bool IsFull
    {
        get
        {
            lock (_lock)
            {
                return _handshakes.Count + _ready.Count >= _backlog;
            }
        }
    }

    public void Enter() => _lock.Enter();

    public void Leave()
    {
        Completion? decided = _decided.TakeAll();
        _lock.Exit();
        CompletionList.Announce(decided);
    }

    public void OnDecided(Completion completion) => _decided.Add(completion);

    public ValueTask<QuicConnection> AcceptAsync(object root, CancellationToken cancellationToken)
    {
        StackTrace? calledAt = Leaks.CaptureStack();
        Waiter<QuicConnection> waiter;
        Enter();
        try
        {
            if (_isDisposed)
            {
                return ValueTask.FromException<QuicConnection>(new ObjectDisposedException(typeof(QuicListener).FullName));
            }

            if (cancellationToken.IsCancellationRequested)
            {
                return ValueTask.FromCanceled<QuicConnection>(cancellationToken);
            }

            if (_ready.TryDequeue(out QuicConnection? connection))
            {
                connection.Driver.Closing.OpenedAt = calledAt;
                return new ValueTask<QuicConnection>(connection);
            }

            if (_failures.TryDequeue(out Exception? failure))
            {
                return ValueTask.FromException<QuicConnection>(failure);
            }

            waiter = _acceptors.Add(root, calledAt);
        }
        finally
        {
            Leave();
        }

        return waiter.WaitAsync(cancellationToken);
    }

    /// <summary>A client wants in: false when the backlog is full or the listener is disposed.</summary>
    public bool TryAdmit(ServerHandshake handshake, System.Net.IPEndPoint remote)
    {
        lock (_lock)
        {
            if (_isDisposed)
            {
                return false;
            }

            if (_handshakes.Count + _ready.Count < _backlog)
            {
                _handshakes.Add(handshake);
                return true;
            }
        }

        QuiverLog.BacklogFull(QuicDiagnostics.Logger, remote, _backlog);
        return false;
    }

    /// <summary>The handshake is complete; false when the listener is gone and the connection must go too.</summary>
    public bool TryHandOver(ServerHandshake handshake, QuicConnection connection)
    {
        Enter();
        try
        {
            if (!_handshakes.Remove(handshake) || _isDisposed)
            {
                return false;
            }

            if (_acceptors.First is { } acceptor)
            {
                connection.Driver.Closing.OpenedAt = acceptor.CalledAt;
                _acceptors.TryGive(connection);
            }
            else
            {
                _ready.Enqueue(connection);
            }

            return true;
        }
        finally
        {
            Leave();
        }
    }

    /// <summary>
    /// The handshake failed, unless it had completed before: false. Failures that nobody fetches take no room from clients; the oldest
    /// are forgotten.
    /// </summary>
    public bool TryReportFailure(ServerHandshake handshake, Exception failure)
    {
        Enter();
        try
        {
            if (!_handshakes.Remove(handshake))
            {
                return false;
            }

            if (_isDisposed || _acceptors.TryFail(failure))
            {
                return true;
            }

            if (_failures.Count == _backlog)
            {
                _failures.Dequeue();
            }

            _failures.Enqueue(failure);
            return true;
        }
        finally
        {
            Leave();
        }
    }

    /// <summary>From the finalizer's thread: the handle was dropped undisposed.</summary>
    public void OnHandleLost(StackTrace? openedAt)
    {
        if (IsStarted)
        {
            Leaks.Report(LeakKind.Listener, openedAt);
            ThreadPool.UnsafeQueueUserWorkItem(static driver => _ = driver.DisposeAsync(), this, preferLocal: false);
        }
    }

    /// <summary>Ends what was not accepted; what was lives on.</summary>
    public async Task DisposeAsync()
    {
        ServerHandshake[] handshakes;
        QuicConnection[] ready;
        Enter();
        try
        {
            if (_isDisposed)
            {
                return;
            }

            _isDisposed = true;
            handshakes = [.. _handshakes];
            ready = [.. _ready];
            _handshakes.Clear();
            _ready.Clear();
            _failures.Clear();
            while (!_acceptors.IsEmpty)
            {
                _acceptors.TryFail(new ObjectDisposedException(typeof(QuicListener).FullName));
            }
        }
        finally
        {
            Leave();
        }

        Loop.Listeners.Remove(this);
        foreach (ServerHandshake handshake in handshakes)
        {
            handshake.OnListenerDisposed();
        }

        foreach (QuicConnection connection in ready)
        {
            await connection.DisposeAsync().ConfigureAwait(false);
        }

        await Preferred.ReleaseAsync().ConfigureAwait(false);
        await EndpointRegistry.ReleaseAsync(Loop).ConfigureAwait(false);
    }
}
