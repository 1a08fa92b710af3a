using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Quiver.Tests.Infrastructure;

/// <summary>A NAT between clients and a server, in this process: each client has a port of its own towards the server, which can change.</summary>
internal sealed class RebindingRelay : IDisposable
{
    private readonly UdpClient _inside = new(new IPEndPoint(IPAddress.Loopback, 0));
    private readonly ConcurrentDictionary<IPEndPoint, UdpClient> _outside = [];
    private readonly ConcurrentBag<UdpClient> _former = [];
    private readonly IPEndPoint _server;

    public RebindingRelay(IPEndPoint server)
    {
        _server = server;
        _ = RunAsync(_inside, datagram =>
        {
            if (Admits(datagram.RemoteEndPoint))
            {
                _outside.GetOrAdd(datagram.RemoteEndPoint, Open).Send(datagram.Buffer, _server);
            }
        });
    }

    /// <summary>Where clients connect to.</summary>
    public IPEndPoint EndPoint => (IPEndPoint)_inside.Client.LocalEndPoint!; // bound

    /// <summary>Whose datagrams come through.</summary>
    public Func<IPEndPoint, bool> Admits { get; set; } = _ => true;

    /// <summary>The address that the server sees of a client.</summary>
    public IPEndPoint OutsideOf(IPEndPoint client) => (IPEndPoint)_outside[client].Client.LocalEndPoint!; // bound

    /// <summary>Gives a client another port, or another address; nothing comes back by the former one.</summary>
    public void Rebind(IPEndPoint client, IPAddress? address = null)
    {
        UdpClient former = _outside[client];
        _outside[client] = Open(client, address ?? IPAddress.Loopback);
        former.Dispose();
    }

    public void Dispose()
    {
        _inside.Dispose();
        foreach (UdpClient outside in _outside.Values.Concat(_former))
        {
            outside.Dispose();
        }
    }

    private UdpClient Open(IPEndPoint client) => Open(client, IPAddress.Loopback);

    private UdpClient Open(IPEndPoint client, IPAddress address)
    {
        UdpClient outside = new(new IPEndPoint(address, 0));
        _former.Add(outside);
        _ = RunAsync(outside, datagram => _inside.Send(datagram.Buffer, client));
        return outside;
    }

    private static async Task RunAsync(UdpClient socket, Action<UdpReceiveResult> forward)
    {
        while (true)
        {
            try
            {
                forward(await socket.ReceiveAsync());
            }
            catch (ObjectDisposedException)
            {
                return;
            }
            catch (SocketException) when (socket.Client is null)
            {
                return;
            }
            catch (SocketException)
            {
                // The other end is gone: what is sent to it is lost.
            }
        }
    }
}
