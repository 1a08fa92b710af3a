using Quiver.Protocol.Primitives;
using Quiver.Sockets;

namespace Quiver.Driving;

/// <summary>
/// The loops that a connection's datagrams come and go by: the one that it began on, which also keeps its time, and one for each further
/// socket of its paths. Changed under the connection's lock; sending reads without it.
/// </summary>
internal sealed class ConnectionLoops(ConnectionDriver driver, EndpointLoop first)
{
    private EndpointLoop[] _others = [];

    public EndpointLoop First => first;

    /// <summary>All but the first.</summary>
    public IReadOnlyList<EndpointLoop> Others => Volatile.Read(ref _others);

    public bool Contains(EndpointLoop loop) => loop == first || Array.IndexOf(_others, loop) >= 0;

    /// <summary>Adds a loop, of which a user was counted; false when an id of the connection's is taken there.</summary>
    public bool TryAttach(EndpointLoop loop)
    {
        bool isFree = true;
        driver.Core.LocalIds.ForEach(id => isFree &= loop.Endpoint.TryAdd(id, driver));
        if (!isFree)
        {
            driver.Core.LocalIds.ForEach(id => loop.Endpoint.Remove(id, driver));
            return false;
        }

        Volatile.Write(ref _others, [.. _others, loop]);
        return true;
    }

    /// <summary>Takes one off; whoever calls counts its user down.</summary>
    public void Detach(EndpointLoop loop)
    {
        Volatile.Write(ref _others, Array.FindAll(_others, other => other != loop));
        driver.Core.LocalIds.ForEach(id => loop.Endpoint.Remove(id, driver));
    }

    public bool TryAdd(in ConnectionId id)
    {
        if (!first.Endpoint.TryAdd(id, driver))
        {
            return false;
        }

        foreach (EndpointLoop other in _others)
        {
            if (!other.Endpoint.TryAdd(id, driver))
            {
                Remove(id);
                return false;
            }
        }

        return true;
    }

    public void Remove(in ConnectionId id)
    {
        first.Endpoint.Remove(id, driver);
        foreach (EndpointLoop other in _others)
        {
            other.Endpoint.Remove(id, driver);
        }
    }

    public void AddResetToken(in StatelessResetToken token, in PathAddress remote)
    {
        first.Endpoint.AddResetToken(token, remote, driver);
        foreach (EndpointLoop other in _others)
        {
            other.Endpoint.AddResetToken(token, remote, driver);
        }
    }

    public void RemoveResetToken(in StatelessResetToken token)
    {
        first.Endpoint.RemoveResetToken(token, driver);
        foreach (EndpointLoop other in _others)
        {
            other.Endpoint.RemoveResetToken(token, driver);
        }
    }

    /// <summary>The loop whose socket has an address of ours.</summary>
    public EndpointLoop LoopOf(in PathAddress local)
    {
        foreach (EndpointLoop other in Volatile.Read(ref _others))
        {
            if (other.Address.Port == local.Port && (other.Address.IsUnspecified || other.Address.Ip == local.Ip))
            {
                return other;
            }
        }

        return first;
    }

    /// <summary>The socket that sends from an address of ours.</summary>
    public IDatagramSocket SocketOf(in PathAddress local) => _others.Length == 0 ? first.Socket : LoopOf(local).Socket;
}
