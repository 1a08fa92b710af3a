using System.Net;
using System.Net.Sockets;
using Quiver.Sockets;

namespace Quiver.Driving;

/// <summary>
/// The loops of the process: one for each bound endpoint, shared by its listeners and connections, and one for each address family for
/// clients that do not care where they send from.
/// </summary>
internal static class EndpointRegistry
{
    private static readonly Lock s_lock = new();
    private static readonly List<EndpointLoop> s_loops = [];

    /// <summary>The loop of clients without a local address; counts a user.</summary>
    public static EndpointLoop AcquireShared(AddressFamily family)
    {
        lock (s_lock)
        {
            foreach (EndpointLoop loop in s_loops)
            {
                if (loop is { IsShared: true, IsClosing: false, Address.IsUnspecified: true, Identity.IsDefault: true } && loop.LocalEndPoint.AddressFamily == family)
                {
                    loop.Users++;
                    return loop;
                }
            }

            IPAddress any = family == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any;
            return Open(new IPEndPoint(any, 0), isShared: true);
        }
    }

    /// <summary>The loop bound to an endpoint; counts a user. Throws SocketException when the endpoint cannot be had.</summary>
    public static EndpointLoop AcquireBound(IPEndPoint local)
    {
        while (true)
        {
            EndpointLoop? ending = null;
            lock (s_lock)
            {
                foreach (EndpointLoop loop in s_loops)
                {
                    if (local.Port != 0 && !loop.IsShared && loop.LocalEndPoint.Equals(local))
                    {
                        if (!loop.IsClosing && !loop.IsEnding)
                        {
                            loop.Users++;
                            return loop;
                        }

                        ending = loop;
                    }
                }

                if (ending is null)
                {
                    return Open(local, isShared: false);
                }
            }

            ending.Join();
        }
    }

    /// <summary>
    /// A loop for another path of a connection, none of those that it has; counts a user. Connections that want any port of an address share
    /// loops. Throws SocketException when the endpoint cannot be had.
    /// </summary>
    public static EndpointLoop AcquireForPath(IPEndPoint local, EndpointIdentity identity, IReadOnlyList<EndpointLoop> taken)
    {
        bool isShared = local.Port == 0;
        lock (s_lock)
        {
            foreach (EndpointLoop loop in s_loops)
            {
                bool fits = isShared
                    ? loop.IsShared && loop.LocalEndPoint.Address.Equals(local.Address) && (loop.Identity == identity || (loop.Identity.IsDefault && identity.IsDefault))
                    : local.Port != 0 && !loop.IsShared && loop.LocalEndPoint.Equals(local) && loop.Identity.Ids.Length == identity.Ids.Length;
                if (fits && !loop.IsClosing && !loop.IsEnding && !taken.Contains(loop))
                {
                    loop.Users++;
                    return loop;
                }
            }

            return Open(local, isShared, identity);
        }
    }

    /// <summary>
    /// A loop at another address for the connections of one that listens; counts a user. Null when that one's socket has the address.
    /// Throws SocketException when the endpoint cannot be had.
    /// </summary>
    public static EndpointLoop? AcquireCompanion(IPEndPoint local, EndpointLoop listening)
    {
        bool isCovered = local.Port == listening.LocalEndPoint.Port
            && (listening.LocalEndPoint.Address.Equals(local.Address) || listening.LocalEndPoint.Address.Equals(IPAddress.IPv6Any)
                || (listening.Address.IsUnspecified && listening.LocalEndPoint.AddressFamily == local.AddressFamily));
        if (isCovered)
        {
            return null;
        }

        lock (s_lock)
        {
            foreach (EndpointLoop loop in s_loops)
            {
                if (local.Port != 0 && loop.LocalEndPoint.Equals(local) && loop.Identity == listening.Identity && !loop.IsClosing)
                {
                    loop.Users++;
                    return loop;
                }
            }

            return Open(local, isShared: false, listening.Identity);
        }
    }

    /// <summary>A loop of its own, on a socket that nobody finds by its address unless it is bound to a port of its own; counts a user.</summary>
    public static EndpointLoop Open(IDatagramSocket socket, EndpointIdentity identity)
    {
        lock (s_lock)
        {
            return Start(new EndpointLoop(socket, isShared: false, identity) { Users = 1, NonQuic = new NonQuicDatagrams(socket) });
        }
    }

    /// <summary>Counts one more user of a loop.</summary>
    /// <exception cref="ObjectDisposedException">The loop is ending.</exception>
    public static EndpointLoop Acquire(EndpointLoop loop) =>
        TryAcquire(loop) ? loop : throw new ObjectDisposedException(typeof(QuicEndpoint).FullName);

    /// <summary>Counts one more user of a loop, unless it is ending.</summary>
    public static bool TryAcquire(EndpointLoop loop)
    {
        lock (s_lock)
        {
            if (loop.IsClosing || loop.IsEnding)
            {
                return false;
            }

            loop.Users++;
            return true;
        }
    }

    /// <summary>
    /// One user less. The last one closes a bound loop at once, and the task ends when its port is free; a shared loop lingers for the
    /// next client.
    /// </summary>
    public static Task ReleaseAsync(EndpointLoop loop)
    {
        lock (s_lock)
        {
            if (--loop.Users > 0)
            {
                return Task.CompletedTask;
            }

            loop.IsClosing = !loop.IsShared;
        }

        loop.Wake();
        return loop.IsShared ? Task.CompletedTask : loop.Closed;
    }

    /// <summary>The application has disposed the endpoint: the loop takes no more users.</summary>
    public static void Refuse(EndpointLoop loop)
    {
        lock (s_lock)
        {
            loop.IsEnding = true;
        }
    }

    /// <summary>Closes a loop that is still unused.</summary>
    public static bool TryClose(EndpointLoop loop)
    {
        lock (s_lock)
        {
            loop.IsClosing = loop.Users == 0;
            return loop.IsClosing;
        }
    }

    /// <summary>The loop's socket is closed.</summary>
    public static void OnClosed(EndpointLoop loop)
    {
        lock (s_lock)
        {
            loop.IsClosing = true;
            s_loops.Remove(loop);
        }
    }

    private static EndpointLoop Open(IPEndPoint local, bool isShared) => Open(local, isShared, EndpointIdentity.CreateDefault());

    private static EndpointLoop Open(IPEndPoint local, bool isShared, EndpointIdentity identity)
    {
        IDatagramSocket socket = DatagramSockets.Bind(local, DatagramSocketOptions.Default);
        return Start(new EndpointLoop(socket, isShared, identity) { Users = 1 });
    }

    private static EndpointLoop Start(EndpointLoop loop)
    {
        s_loops.Add(loop);
        loop.Start();
        return loop;
    }
}
