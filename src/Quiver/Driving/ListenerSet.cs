using Quiver.Diagnostics;
using Quiver.Protocol.Connections;
using Quiver.Protocol.Primitives;

namespace Quiver.Driving;

/// <summary>The listeners that share one endpoint; the application protocol decides between them.</summary>
internal sealed class ListenerSet(EndpointLoop loop)
{
    private readonly Lock _lock = new();
    private volatile ListenerDriver[] _listeners = [];
    private int _underWay;

    /// <summary>Handshakes under way: cheap to start for anybody, so capped. RFC 9000 §21.2.</summary>
    public int UnderWay => Volatile.Read(ref _underWay);

    /// <summary>Whether there is no room for another client, whichever listener it wants.</summary>
    public bool IsFull
    {
        get
        {
            if (UnderWay >= loop.Identity.MaxHandshakes)
            {
                return true;
            }

            foreach (ListenerDriver listener in _listeners)
            {
                if (!listener.IsFull)
                {
                    return false;
                }
            }

            return true;
        }
    }

    /// <summary>Whether a client is to prove its address: the strictest listener decides, as the first packet does not tell which one it wants.</summary>
    public bool WantsRetry
    {
        get
        {
            foreach (ListenerDriver listener in _listeners)
            {
                if (listener.RetryPolicy == QuicRetryPolicy.Always
                    || (listener.RetryPolicy == QuicRetryPolicy.Automatic && UnderWay >= listener.RetryThreshold))
                {
                    return true;
                }
            }

            return false;
        }
    }

    /// <summary>Whether an application wants to be asked about clients.</summary>
    public bool HasRetryCallback
    {
        get
        {
            foreach (ListenerDriver listener in _listeners)
            {
                if (listener.HasRetryCallback)
                {
                    return true;
                }
            }

            return false;
        }
    }

    /// <summary>Whose client it is shows in the ClientHello: until then the most patient listener's time counts.</summary>
    private TimeSpan ClientHelloTimeout
    {
        get
        {
            TimeSpan longest = TimeSpan.Zero;
            foreach (ListenerDriver listener in _listeners)
            {
                longest = listener.ClientHelloTimeout > longest ? listener.ClientHelloTimeout : longest;
            }

            // The last one may just have gone.
            return longest > TimeSpan.Zero ? longest : QuicDefaults.HandshakeTimeout;
        }
    }

    /// <summary>Asks the applications; on the thread pool. What cannot be answered counts as yes.</summary>
    public bool AskForRetry(System.Net.IPEndPoint client)
    {
        foreach (ListenerDriver listener in _listeners)
        {
            try
            {
                if (listener.Options?.RetryCallback?.Invoke(client) == true)
                {
                    return true;
                }
            }
            catch (Exception e)
            {
                QuiverLog.RetryCallbackFailed(QuicDiagnostics.Logger, e);
                return true;
            }
        }

        return false;
    }

    /// <summary>Throws AlpnInUse when another listener here serves one of the protocols.</summary>
    public void Add(ListenerDriver listener)
    {
        lock (_lock)
        {
            foreach (ListenerDriver other in _listeners)
            {
                if (other.Protocols.TryFindShared(listener.Protocols, out string name))
                {
                    throw new QuicException(
                        QuicError.AlpnInUse, $"Another listener on {loop.LocalEndPoint} already serves the application protocol '{name}'.");
                }
            }

            _listeners = [.. _listeners, listener];
            OnChanged();
        }
    }

    public void Remove(ListenerDriver listener)
    {
        lock (_lock)
        {
            _listeners = Array.FindAll(_listeners, other => !ReferenceEquals(other, listener));
            OnChanged();
        }
    }

    private void OnChanged()
    {
        // The first packet does not tell which listener it is for.
        loop.Endpoint.Versions = [.. _listeners.SelectMany(listener => listener.Versions ?? QuicVersions.Spoken).Distinct()];
        loop.Endpoint.AcceptsConnections = _listeners.Length > 0;
    }

    /// <summary>The listener that serves one of the protocols, by the client's order; null when none does.</summary>
    public ListenerDriver? Find(IReadOnlyList<ReadOnlyMemory<byte>> offered)
    {
        foreach (ReadOnlyMemory<byte> protocol in offered)
        {
            foreach (ListenerDriver listener in _listeners)
            {
                if (listener.Protocols.Contains(protocol.Span))
                {
                    return listener;
                }
            }
        }

        return null;
    }

    /// <summary>All protocols served here, for the message to a client that offered none of them.</summary>
    public string Describe() => string.Join(", ", _listeners.Select(listener => listener.Protocols.ToString()));

    /// <summary>On the loop: makes a connection for a client's first packet, or null when the endpoint is ending.</summary>
    public ConnectionDriver? CreateConnection(in ServerInitial initial, Timestamp now)
    {
        if (!EndpointRegistry.TryAcquire(loop))
        {
            return null;
        }

        var host = new ServerHandshake(loop);
        ConnectionDriver driver;
        try
        {
            driver = ConnectionDriver.CreateServer(loop, host, in initial, ClientHelloTimeout, now);
        }
        catch
        {
            // The application's generator of ids threw, or has no more.
            _ = EndpointRegistry.ReleaseAsync(loop);
            throw;
        }

        Interlocked.Increment(ref _underWay);
        host.Driver = driver;
        return driver;
    }

    /// <summary>A handshake is complete, or has failed.</summary>
    public void OnSettled() => Interlocked.Decrement(ref _underWay);

    /// <summary>All of them.</summary>
    public IReadOnlyList<ListenerDriver> Snapshot() => _listeners;
}
