using System.Net;
using System.Net.Sockets;

namespace Quiver.Driving;

/// <summary>In which order the addresses of a name are tried: the resolver's, with the families taking turns. RFC 8305 §4.</summary>
internal static class AddressOrder
{
    /// <summary>Names may have hundreds of addresses; nobody waits for that many.</summary>
    private const int MaxAddresses = 16;

    public static List<IPEndPoint> Interleave(IReadOnlyList<IPAddress> addresses, int port)
    {
        AddressFamily? first = addresses.Count > 0 ? addresses[0].AddressFamily : null;
        var preferred = new Queue<IPAddress>(addresses.Where(address => address.AddressFamily == first).Distinct());
        var others = new Queue<IPAddress>(addresses.Where(address => address.AddressFamily != first).Distinct());
        List<IPEndPoint> ordered = [];
        while (ordered.Count < MaxAddresses && (preferred.Count > 0 || others.Count > 0))
        {
            if (preferred.TryDequeue(out IPAddress? address))
            {
                ordered.Add(new IPEndPoint(address, port));
            }

            if (others.TryDequeue(out address))
            {
                ordered.Add(new IPEndPoint(address, port));
            }
        }

        return ordered;
    }
}
