using System.Net;
using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.Paths;

/// <summary>
/// Which preferred addresses a client may be sent to. A server must not be able to have it send datagrams into networks that the server
/// itself is not in: its host, its link, its private network. RFC 9000 §21.5.3, §21.5.6.
/// </summary>
internal static class PreferredAddressRules
{
    private enum Reach
    {
        None,
        Host,
        Link,
        Private,
        Public,
    }

    /// <summary>Whether the address may be tried by a client that reaches its server at <paramref name="current"/>.</summary>
    public static bool Allows(in PathAddress preferred, in PathAddress current)
    {
        Reach reach = ReachOf(preferred);
        return reach != Reach.None && preferred.Port != 0 && ReachOf(current) is var known && (reach == Reach.Public || (reach >= known && known != Reach.None));
    }

    private static Reach ReachOf(in PathAddress address)
    {
        IPAddress ip = address.ToIPEndPoint().Address;
        if (IPAddress.IsLoopback(ip))
        {
            return Reach.Host;
        }

        if (!address.IsIPv4)
        {
            return address.IsUnspecified || ip.IsIPv6Multicast ? Reach.None
                : ip.IsIPv6LinkLocal ? Reach.Link
                : ip.IsIPv6UniqueLocal || ip.IsIPv6SiteLocal ? Reach.Private
                : Reach.Public;
        }

        uint bits = (uint)address.Ip;
        return bits >> 24 is 0 or >= 224 ? Reach.None // this network, multicast, reserved and broadcast
            : bits >> 16 == 0xA9FE ? Reach.Link
            : bits >> 24 == 10 || bits >> 20 == 0xAC1 || bits >> 16 == 0xC0A8 || bits >> 22 == 0x191 ? Reach.Private
            : Reach.Public;
    }
}
