using System.Diagnostics;
using System.Net.Sockets;
using Quiver.Diagnostics;
using Quiver.Protocol.Connections;
using Quiver.Protocol.Primitives;
using Quiver.Threading;

namespace Quiver.Driving;

/// <summary>The end of a connection: who ended it, what that means for callers, and when it is through.</summary>
internal sealed class ConnectionClosing(ConnectionDriver driver)
{
    private readonly TaskCompletion _shutdown = new();
    private bool _isDisposed;
    private bool _isLost;

    /// <summary>Null while the connection lives.</summary>
    public CloseReason? Reason { get; private set; }

    public bool IsClosed => Reason is not null;

    /// <summary>Completes when the connection has ended and its last word was sent.</summary>
    public Task Shutdown => _shutdown.Task;

    public bool IsDisposed => Volatile.Read(ref _isDisposed);

    /// <summary>The code of a close without one of the application's.</summary>
    public long DefaultErrorCode { get; set; }

    /// <summary>Where the application got the connection, if that was captured.</summary>
    public StackTrace? OpenedAt { get; set; }

    /// <summary>From the finalizer's thread: the handle was dropped undisposed.</summary>
    public void OnHandleLost() => Volatile.Write(ref _isLost, true);

    /// <summary>Under the lock: closes the connection if its handle is gone.</summary>
    public void CloseIfLost()
    {
        if (!Volatile.Read(ref _isLost) || _isDisposed)
        {
            return;
        }

        _isDisposed = true;
        driver.Streams.OnDisposed();
        if (!IsClosed)
        {
            Leaks.Report(LeakKind.Connection, OpenedAt);
            driver.Core.Close((ulong)DefaultErrorCode, string.Empty, driver.Now);
        }
    }

    /// <summary>Under the lock.</summary>
    public void OnClosed(CloseReason reason) => Reason ??= reason;

    /// <summary>Whether the connection has ended; for those who do not hold the lock.</summary>
    public bool IsOver()
    {
        driver.Enter();
        try
        {
            return IsClosed;
        }
        finally
        {
            driver.Leave();
        }
    }

    /// <summary>Under the lock: everything that was to be sent was sent.</summary>
    public void OnFlushed()
    {
        if (IsClosed)
        {
            _shutdown.Decide(driver);
        }
    }

    /// <summary>
    /// Closes with an application's code, unless the connection has ended already: once what was written has been delivered, but after
    /// <paramref name="flushLimit"/> at the latest (zero: at once).
    /// </summary>
    public Task CloseAsync(long errorCode, TimeSpan flushLimit) => CloseAsync((ulong)errorCode, flushLimit, dispose: false);

    /// <summary>Closes at once with the default code, unless the connection has ended already, and drops what nobody accepted.</summary>
    public Task DisposeAsync() => CloseAsync((ulong)DefaultErrorCode, TimeSpan.Zero, dispose: true);

    private Task CloseAsync(ulong errorCode, TimeSpan flushLimit, bool dispose)
    {
        driver.Enter();
        try
        {
            if (dispose)
            {
                _isDisposed = true;
                driver.Streams.OnDisposed();
            }

            if (!IsClosed)
            {
                if (flushLimit == TimeSpan.Zero)
                {
                    driver.Core.Close(errorCode, string.Empty, driver.Now);
                }
                else
                {
                    Timestamp deadline = flushLimit == Timeout.InfiniteTimeSpan ? Timestamp.Never : driver.Now + flushLimit;
                    driver.Core.CloseWhenFlushed(errorCode, deadline, driver.Now);
                }
            }
        }
        finally
        {
            driver.Leave();
        }

        return Shutdown;
    }

    /// <summary>Closes with a transport error; <paramref name="cause"/> is what our own side throws for it.</summary>
    public void Abort(TransportErrorCode code, string reason, Exception? cause)
    {
        driver.Enter();
        try
        {
            if (!IsClosed)
            {
                driver.Core.CloseTransport(code, reason, cause, driver.Now);
            }
        }
        finally
        {
            driver.Leave();
        }
    }

    /// <summary>Closes with a TLS alert. RFC 9001 §4.8.</summary>
    public void Abort(TlsAlert alert, string reason, Exception? cause) =>
        Abort((TransportErrorCode)((ulong)TransportErrorCode.CryptoError + (ulong)alert), reason, cause);

    /// <summary>Under the lock: the system would not send. Before a path ever worked that is the end; afterwards it counts as loss.</summary>
    public void OnSendRefused(SocketError error)
    {
        if (!IsClosed && !driver.Core.IsHandshakeComplete && error is
            SocketError.NetworkUnreachable or SocketError.HostUnreachable or SocketError.AddressNotAvailable or
            SocketError.AddressFamilyNotSupported or SocketError.InvalidArgument or SocketError.AccessDenied or SocketError.NetworkDown)
        {
            driver.Core.CloseTransport(
                TransportErrorCode.InternalError, "the system refused to send", new SocketException((int)error), driver.Now);
        }
    }

    /// <summary>What a call on the ended connection throws.</summary>
    public Exception CreateException() =>
        IsDisposed ? new ObjectDisposedException(typeof(QuicConnection).FullName) : CloseErrors.ToException(Reason!, Describe()); // Ended.

    /// <summary>What a call on a stream of the ended connection throws.</summary>
    public Exception CreateStreamException() => CloseErrors.ToException(Reason!, Describe()); // Ended.

    /// <summary>The connection in words for messages: its side and where its peer is.</summary>
    public string Describe() =>
        driver.Role == EndpointRole.Client ? $"connection to {driver.Core.RemoteAddress}" : $"connection from {driver.Core.RemoteAddress}";
}
