using System.Net;
using System.Net.Sockets;

namespace Quiver.Sockets;

/// <summary>Opens the best datagram socket that this system has.</summary>
internal static class DatagramSockets
{
    /// <summary>Binds; <see cref="IPAddress.IPv6Any"/> takes IPv4 too. Failures are <see cref="SocketException"/>.</summary>
    public static IDatagramSocket Bind(IPEndPoint local, DatagramSocketOptions options) =>
        OperatingSystem.IsLinux() && Environment.Is64BitProcess && BitConverter.IsLittleEndian && !options.Portable
            ? LinuxDatagramSocket.Bind(local, options)
            : PortableDatagramSocket.Bind(local, options);

    /// <summary>Takes a bound UDP socket, and sets on it what is of use; closes it at the end only when it owns it.</summary>
    public static IDatagramSocket Use(Socket socket, DatagramSocketOptions options, bool ownsSocket) =>
        OperatingSystem.IsLinux() && Environment.Is64BitProcess && BitConverter.IsLittleEndian && !options.Portable
            ? LinuxDatagramSocket.Use(socket, options, ownsSocket)
            : PortableDatagramSocket.Use(socket, options, ownsSocket);
}
