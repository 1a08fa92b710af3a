using System.Net;
using System.Net.Sockets;
using Quiver.Protocol.Primitives;

namespace Quiver.Sockets;

/// <summary>
/// Wakes a portable socket's wait by a datagram from a second socket on this host: the one way that works on every system. What
/// comes from that socket's address is dropped by the receiver.
/// </summary>
internal sealed class WakeUpSender : IDisposable
{
    private static readonly byte[] s_wakeUp = [0];

    private readonly Socket _socket;
    private readonly PathAddress _address;

    public WakeUpSender(IPEndPoint target)
    {
        IPAddress address = target.Address;
        if (address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any))
        {
            // A socket bound to all of IPv6 takes IPv4 too, and the IPv4 loopback is there on hosts without the IPv6 one.
            address = IPAddress.Loopback;
        }

        _socket = new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        if (address.AddressFamily == AddressFamily.InterNetworkV6)
        {
            _socket.DualMode = address.IsIPv4MappedToIPv6;
        }

        _socket.Blocking = false;
        _socket.Connect(new IPEndPoint(address, target.Port));
        // A connected socket has an end point.
        _address = PathAddress.From((IPEndPoint)_socket.LocalEndPoint!);
    }

    public bool IsFrom(in PathAddress remote) => remote.Port == _address.Port && remote.Ip == _address.Ip;

    public void Send()
    {
        try
        {
            _socket.Send(s_wakeUp);
        }
        catch (SocketException)
        {
            // A full buffer: the waiter has more than enough to wake up for.
        }
        catch (ObjectDisposedException)
        {
            // Nobody is left to wake.
        }
    }

    public void Dispose() => _socket.Dispose();
}
