using System.Net;
using Quiver.Protocol.Primitives;

namespace Quiver.Driving;

/// <summary>The addresses that a listener would rather have its clients at, and the loops there. RFC 9000 §9.6.</summary>
internal sealed class PreferredLoops
{
    private readonly List<EndpointLoop> _loops = [];

    /// <summary>Where clients are to go.</summary>
    public (PathAddress? IPv4, PathAddress? IPv6) Addresses { get; private set; }

    public IReadOnlyList<IPEndPoint> EndPoints { get; private set; } = [];

    /// <summary>Throws SocketException when an endpoint cannot be had.</summary>
    public static PreferredLoops Open(QuicListenerOptions options, EndpointLoop listening)
    {
        var preferred = new PreferredLoops();
        try
        {
            IPEndPoint? ipv4 = preferred.Open(options.PreferredIPv4EndPoint, listening);
            IPEndPoint? ipv6 = preferred.Open(options.PreferredIPv6EndPoint, listening);
            preferred.Addresses = (ipv4 is null ? null : PathAddress.From(ipv4), ipv6 is null ? null : PathAddress.From(ipv6));
            preferred.EndPoints = [.. new[] { ipv4, ipv6 }.OfType<IPEndPoint>()];
            return preferred;
        }
        catch
        {
            _ = preferred.ReleaseAsync();
            throw;
        }
    }

    /// <summary>Under the lock of a server's connection, before it has told its parameters: datagrams to the addresses are its too. False: they cannot be.</summary>
    public bool TryAttach(ConnectionDriver driver)
    {
        foreach (EndpointLoop loop in _loops)
        {
            if (!EndpointRegistry.TryAcquire(loop))
            {
                return false;
            }

            if (!driver.Loops.TryAttach(loop))
            {
                _ = EndpointRegistry.ReleaseAsync(loop);
                return false;
            }
        }

        return EndPoints.Count > 0;
    }

    /// <summary>The listener ends; connections that are at the addresses keep them.</summary>
    public Task ReleaseAsync() => Task.WhenAll(_loops.Select(EndpointRegistry.ReleaseAsync));

    private IPEndPoint? Open(IPEndPoint? wanted, EndpointLoop listening)
    {
        if (wanted is null)
        {
            return null;
        }

        if (EndpointRegistry.AcquireCompanion(wanted, listening) is not { } loop)
        {
            return wanted;
        }

        _loops.Add(loop);
        return loop.LocalEndPoint;
    }
}
