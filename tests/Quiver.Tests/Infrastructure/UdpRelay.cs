using System.Net;
using System.Net.Sockets;

namespace Quiver.Tests.Infrastructure;

/// <summary>Stands between a client and a server, and can send again what the client sent.</summary>
internal sealed class UdpRelay : IDisposable
{
    private readonly UdpClient _toClient = new(new IPEndPoint(IPAddress.Loopback, 0));
    private readonly UdpClient _toServer = new(new IPEndPoint(IPAddress.Loopback, 0));
    private readonly UdpClient _attacker = new(new IPEndPoint(IPAddress.Loopback, 0));
    private readonly List<byte[]> _seen = [];
    private IPEndPoint? _client;

    public IPEndPoint EndPoint => (IPEndPoint)_toClient.Client.LocalEndPoint!; // bound

    public void Start(IPEndPoint server)
    {
        _ = RunAsync(_toClient, async datagram =>
        {
            _client = datagram.RemoteEndPoint;
            lock (_seen)
            {
                _seen.Add(datagram.Buffer);
            }

            await _toServer.SendAsync(datagram.Buffer, server);
        });
        _ = RunAsync(_toServer, async datagram => await _toClient.SendAsync(datagram.Buffer, _client));
    }

    /// <summary>Sends all that the client sent, in its order.</summary>
    public void Replay(IPEndPoint server)
    {
        lock (_seen)
        {
            foreach (byte[] datagram in _seen)
            {
                _attacker.Send(datagram, server);
            }
        }
    }

    public void Dispose()
    {
        _toClient.Dispose();
        _toServer.Dispose();
        _attacker.Dispose();
    }

    private static async Task RunAsync(UdpClient socket, Func<UdpReceiveResult, Task> forward)
    {
        try
        {
            while (true)
            {
                await forward(await socket.ReceiveAsync());
            }
        }
        catch (Exception e) when (e is ObjectDisposedException or SocketException)
        {
            // The test is over.
        }
    }
}
