using System.Net;
using System.Net.Sockets;

namespace Quiver.Sockets;

/// <summary>Creates and binds the socket that both kinds of datagram socket stand on.</summary>
internal static class BoundSocket
{
    /// <summary>Runs <paramref name="configure"/> before the socket is bound, so that no datagram escapes an option.</summary>
    public static Socket Create(IPEndPoint local, DatagramSocketOptions options, Action<Socket> configure)
    {
        if (local.Address.Equals(IPAddress.IPv6Any) && !Socket.OSSupportsIPv6)
        {
            local = new IPEndPoint(IPAddress.Any, local.Port);
        }

        Socket socket = new(local.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        try
        {
            if (local.AddressFamily == AddressFamily.InterNetworkV6)
            {
                socket.DualMode = local.Address.Equals(IPAddress.IPv6Any) || local.Address.IsIPv4MappedToIPv6;
            }

            configure(socket);
            options.Configure?.Invoke(socket);
            socket.Bind(local);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
