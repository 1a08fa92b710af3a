using System.Net.Sockets;

namespace Quiver.Sockets;

/// <summary>Keeps datagrams from being fragmented, on systems other than Linux; .NET has the option for IPv4 sockets only.</summary>
internal static class DoNotFragmentOption
{
    private const int LevelIPv4 = 0;
    private const int LevelIPv6 = 41;

    /// <summary>Where it fails, path MTU discovery just finds a smaller MTU.</summary>
    public static void TrySet(Socket socket)
    {
        if (OperatingSystem.IsWindows())
        {
            // IP_DONTFRAGMENT and IPV6_DONTFRAG.
            TrySet(socket, LevelIPv4, 14, 1);
            TrySet(socket, LevelIPv6, 14, 1);
        }
        else if (OperatingSystem.IsMacOS())
        {
            // IP_DONTFRAG and IPV6_DONTFRAG.
            TrySet(socket, LevelIPv4, 28, 1);
            TrySet(socket, LevelIPv6, 62, 1);
        }
        else if (OperatingSystem.IsLinux())
        {
            // IP_MTU_DISCOVER and IPV6_MTU_DISCOVER to the value that also ignores the kernel's own idea of the MTU.
            TrySet(socket, LevelIPv4, 10, 3);
            TrySet(socket, LevelIPv6, 23, 3);
        }
    }

    private static void TrySet(Socket socket, int level, int option, int value)
    {
        if (level == LevelIPv6 && socket.AddressFamily != AddressFamily.InterNetworkV6)
        {
            return;
        }

        try
        {
            socket.SetRawSocketOption(level, option, BitConverter.GetBytes(value));
        }
        catch (SocketException)
        {
            // An IPv6-only socket refuses IPv4's option, for example.
        }
    }
}
