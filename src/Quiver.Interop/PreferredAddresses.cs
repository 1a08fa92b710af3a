using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace Quiver.Interop;

/// <summary>Where a server that has no second address sends its clients: to another port of the first.</summary>
internal static class PreferredAddresses
{
    private const int Port = 444;

    /// <summary>This machine's address of a family that others can reach, or null when it has none.</summary>
    public static IPEndPoint? Find(AddressFamily family)
    {
        IPAddress? address = NetworkInterface.GetAllNetworkInterfaces()
            .SelectMany(network => network.GetIPProperties().UnicastAddresses)
            .Select(unicast => unicast.Address)
            .FirstOrDefault(candidate => candidate.AddressFamily == family && !IPAddress.IsLoopback(candidate) && !candidate.IsIPv6LinkLocal);
        return address is null ? null : new IPEndPoint(address, Port);
    }
}
