using Quiver.Protocol.Connections;
using Quiver.Protocol.Primitives;

namespace Quiver.Driving;

/// <summary>The listeners that share one endpoint; the application protocol decides between them.</summary>
internal sealed class ListenerSet(EndpointLoop loop)
{
    /// <summary>Connections whose ClientHello is not yet complete: cheap to start for anybody, so capped. RFC 9000 §21.2.</summary>
    private const int MaxUndecided = 4096;

    private readonly Lock _lock = new();
    private volatile ListenerDriver[] _listeners = [];
    private int _undecided;

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
            loop.Endpoint.AcceptsConnections = true;
        }
    }

    public void Remove(ListenerDriver listener)
    {
        lock (_lock)
        {
            _listeners = Array.FindAll(_listeners, other => !ReferenceEquals(other, listener));
            loop.Endpoint.AcceptsConnections = _listeners.Length > 0;
        }
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

    /// <summary>On the loop: makes a connection for a client's first packet, or null when there is no room.</summary>
    public ConnectionDriver? CreateConnection(in ServerInitial initial, Timestamp now)
    {
        if (Volatile.Read(ref _undecided) >= MaxUndecided || !EndpointRegistry.TryAcquire(loop))
        {
            return null;
        }

        Interlocked.Increment(ref _undecided);
        var host = new ServerHandshake(loop);
        ConnectionDriver driver = ConnectionDriver.CreateServer(loop, host, in initial, now);
        host.Driver = driver;
        return driver;
    }

    /// <summary>A connection's ClientHello is complete, or it ended before.</summary>
    public void OnDecided() => Interlocked.Decrement(ref _undecided);
}
