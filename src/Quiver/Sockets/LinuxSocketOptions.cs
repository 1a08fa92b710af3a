using System.Net.Sockets;
using System.Runtime.Versioning;
using Quiver.Sockets.Interop;

namespace Quiver.Sockets;

/// <summary>Sets a socket's options on Linux and finds out which features it has.</summary>
[SupportedOSPlatform("linux")]
internal static class LinuxSocketOptions
{
    private const int Yes = 1;

    public static DatagramFeatures Apply(Socket socket, DatagramSocketOptions options)
    {
        SetBuffer(socket, LinuxOption.ReceiveBufferForce, SocketOptionName.ReceiveBuffer, options.ReceiveBufferSize);
        SetBuffer(socket, LinuxOption.SendBufferForce, SocketOptionName.SendBuffer, options.SendBufferSize);

        DatagramFeatures features = DatagramFeatures.None;
        foreach (DatagramFeatures feature in Enum.GetValues<DatagramFeatures>())
        {
            if (feature != DatagramFeatures.None && (options.Disabled & feature) == DatagramFeatures.None && TryEnable(socket, feature))
            {
                features |= feature;
            }
        }

        return features;
    }

    private static bool TryEnable(Socket socket, DatagramFeatures feature) => feature switch
    {
        // Each send says its own segment size; 0 is off, and setting it shows that the kernel knows the option.
        DatagramFeatures.SegmentationOffload => TrySet(socket, LinuxOption.LevelUdp, LinuxOption.UdpSegment, 0),
        DatagramFeatures.ReceiveOffload => TrySet(socket, LinuxOption.LevelUdp, LinuxOption.UdpGro, Yes),
        // A socket of both families has the options of both: IPv4 packets on it tell their ECN bits in IPv4's way ...
        DatagramFeatures.Ecn => TrySet(socket, LinuxOption.LevelIPv4, LinuxOption.IPv4ReceiveTypeOfService, Yes)
            & (IsIPv4(socket) || TrySet(socket, LinuxOption.LevelIPv6, LinuxOption.IPv6ReceiveTrafficClass, Yes)),
        // ... but their addresses in IPv6's.
        DatagramFeatures.PacketInformation => IsIPv4(socket)
            ? TrySet(socket, LinuxOption.LevelIPv4, LinuxOption.IPv4PacketInformation, Yes)
            : TrySet(socket, LinuxOption.LevelIPv6, LinuxOption.IPv6ReceivePacketInformation, Yes),
        DatagramFeatures.DoNotFragment => TrySet(socket, LinuxOption.LevelIPv4, LinuxOption.IPv4MtuDiscover, LinuxOption.MtuDiscoverProbe)
            & (IsIPv4(socket) || TrySet(socket, LinuxOption.LevelIPv6, LinuxOption.IPv6MtuDiscover, LinuxOption.MtuDiscoverProbe)),
        _ => false,
    };

    private static bool IsIPv4(Socket socket) => socket.AddressFamily == AddressFamily.InterNetwork;

    private static void SetBuffer(Socket socket, int force, SocketOptionName name, int size)
    {
        // The forced option passes the system's limit but needs CAP_NET_ADMIN; the other is cut to net.core.rmem_max or wmem_max.
        if (!TrySet(socket, LinuxOption.LevelSocket, force, size))
        {
            socket.SetSocketOption(SocketOptionLevel.Socket, name, size);
        }
    }

    private static bool TrySet(Socket socket, int level, int name, int value)
    {
        try
        {
            socket.SetRawSocketOption(level, name, BitConverter.GetBytes(value));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
