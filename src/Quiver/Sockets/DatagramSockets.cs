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
}
