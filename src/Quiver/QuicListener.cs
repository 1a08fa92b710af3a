using System.Diagnostics;
using System.Net;
using Quiver.Diagnostics;
using Quiver.Driving;

namespace Quiver;

/// <summary>
/// Listens for QUIC connections. Several listeners of a process may share one endpoint when their application protocols differ.
/// </summary>
public sealed class QuicListener : IAsyncDisposable
{
    private readonly ListenerDriver _driver;
    private readonly StackTrace? _openedAt = Leaks.CaptureStack();

    private QuicListener(ListenerDriver driver, QuicListenerOptions options)
    {
        _driver = driver;
        Options = options;
    }

    /// <summary>A listener that is dropped without being disposed stops to listen.</summary>
    ~QuicListener()
    {
        _driver.OnHandleLost(_openedAt);
    }

    /// <summary>Always true: there is no native library to miss.</summary>
    public static bool IsSupported => true;

    /// <summary>Where the listener listens, with the port it got.</summary>
    public IPEndPoint LocalEndPoint => _driver.Loop.LocalEndPoint;

    /// <summary>Where clients are asked to go after the handshake, with the ports that were got; empty: nowhere. RFC 9000 §9.6.</summary>
    public IReadOnlyList<IPEndPoint> PreferredEndPoints => _driver.Preferred.EndPoints;

    internal QuicListenerOptions Options { get; }

    /// <summary>Handshakes under way on the endpoint, of this listener and others.</summary>
    internal int UnderWay => _driver.Loop.Listeners.UnderWay;

    /// <summary>Starts to listen. Wrong options throw at once, not through the task.</summary>
    /// <param name="options">Where to listen and how to answer.</param>
    /// <param name="cancellationToken">Ignored: nothing is waited for.</param>
    /// <exception cref="QuicException"><see cref="QuicError.AlpnInUse"/>: another listener of this process on this endpoint serves one of the protocols.</exception>
    /// <exception cref="System.Net.Sockets.SocketException">The endpoint cannot be had, for example because its port is in use.</exception>
    public static ValueTask<QuicListener> ListenAsync(QuicListenerOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate(nameof(options));
        return ValueTask.FromResult(Listen(options, EndpointRegistry.AcquireBound(options.ListenEndPoint)));
    }

    /// <summary>
    /// Takes the next connection whose handshake is complete (or whose early data was taken: <see cref="QuicServerConnectionOptions.AllowEarlyData"/>),
    /// waiting for one, or throws the failure of one incoming handshake: the
    /// listener stays usable, so an accept loop must catch and go on.
    /// </summary>
    /// <param name="cancellationToken">Cancelling ends the wait only.</param>
    /// <exception cref="ObjectDisposedException">The listener was disposed, before or while waiting.</exception>
    /// <exception cref="QuicException">A handshake failed: the options callback threw (<see cref="QuicError.CallbackError"/>), it took too long, …</exception>
    /// <exception cref="System.Security.Authentication.AuthenticationException">A client's certificate was not accepted, or the client did not accept ours.</exception>
    public ValueTask<QuicConnection> AcceptConnectionAsync(CancellationToken cancellationToken = default) =>
        _driver.AcceptAsync(this, cancellationToken);

    /// <summary>Stops listening. Handshakes under way are aborted, connections not yet accepted are closed; those accepted live on.</summary>
    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return new ValueTask(_driver.DisposeAsync());
    }

    /// <summary>Listens on a loop, of which a user was counted for the listener.</summary>
    internal static QuicListener Listen(QuicListenerOptions options, EndpointLoop loop)
    {
        PreferredLoops preferred;
        try
        {
            preferred = PreferredLoops.Open(options, loop);
        }
        catch
        {
            _ = EndpointRegistry.ReleaseAsync(loop);
            throw;
        }

        var driver = new ListenerDriver(options, loop, preferred);
        var listener = new QuicListener(driver, options);
        driver.Handle = new WeakReference<QuicListener>(listener);
        try
        {
            loop.Listeners.Add(driver);
        }
        catch (QuicException)
        {
            _ = preferred.ReleaseAsync();
            _ = EndpointRegistry.ReleaseAsync(loop);
            throw;
        }

        driver.IsStarted = true;
        QuiverLog.ListenerStarted(QuicDiagnostics.Logger, loop.LocalEndPoint, driver.Protocols);
        return listener;
    }

    /// <summary>The listener in words, for logs.</summary>
    public override string ToString() => $"QUIC listener on {LocalEndPoint} for {_driver.Protocols}";
}
