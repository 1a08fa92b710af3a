using System.Net;
using System.Net.Sockets;

namespace Quiver.Driving;

/// <summary>Which of our own addresses a path to a peer starts from.</summary>
internal static class LocalAddresses
{
    /// <summary>The wanted address, or the one that the system's routes give. Throws SocketException when there is no way to the peer.</summary>
    public static IPAddress Select(IPAddress? wanted, IPEndPoint remote)
    {
        bool isAny = wanted is null || wanted.Equals(IPAddress.Any) || wanted.Equals(IPAddress.IPv6Any);
        if (!isAny)
        {
            return wanted!.AddressFamily == remote.AddressFamily // Not any, so not null.
                ? wanted
                : throw new SocketException((int)SocketError.AddressFamilyNotSupported);
        }

        if (wanted is { AddressFamily: AddressFamily.InterNetwork } && remote.AddressFamily != AddressFamily.InterNetwork)
        {
            throw new SocketException((int)SocketError.AddressFamilyNotSupported);
        }

        // Connecting a UDP socket sends nothing: it asks the routing table.
        using var probe = new Socket(remote.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        probe.Connect(remote);
        return ((IPEndPoint)probe.LocalEndPoint!).Address; // Connected, so bound.
    }
}
