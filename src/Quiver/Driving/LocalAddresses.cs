using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Quiver.Protocol.Primitives;

namespace Quiver.Driving;

/// <summary>Which of our own addresses a path to a peer starts from.</summary>
internal static class LocalAddresses
{
    /// <summary>How long the routing table's last answer is taken for the next connection to the same address too.</summary>
    private static readonly TimeSpan s_answerLifetime = TimeSpan.FromSeconds(1);

    private static Answer? s_lastAnswer;

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

        Timestamp now = MonotonicClock.Now;
        if (Volatile.Read(ref s_lastAnswer) is { } last && now - last.At < s_answerLifetime && last.Remote.Equals(remote.Address))
        {
            return last.Local;
        }

        // Connecting a UDP socket sends nothing: it asks the routing table.
        using var probe = new Socket(remote.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        probe.Connect(remote);
        IPAddress local = ((IPEndPoint)probe.LocalEndPoint!).Address; // Connected, so bound.
        Volatile.Write(ref s_lastAnswer, new Answer(remote.Address, local, now));
        return local;
    }

    /// <summary>The routes may have changed.</summary>
    public static void Forget() => Volatile.Write(ref s_lastAnswer, null);

    /// <summary>Whether some interface has the address.</summary>
    public static bool IsOurs(IPAddress address)
    {
        foreach (NetworkInterface present in NetworkInterface.GetAllNetworkInterfaces())
        {
            foreach (UnicastIPAddressInformation unicast in present.GetIPProperties().UnicastAddresses)
            {
                if (unicast.Address.Equals(address))
                {
                    return true;
                }
            }
        }

        return false;
    }

    private sealed record Answer(IPAddress Remote, IPAddress Local, Timestamp At);
}
