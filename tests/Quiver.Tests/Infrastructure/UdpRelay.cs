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

    /// <summary>What the server sends takes <paramref name="delay"/>.</summary>
    public UdpRelay(IPEndPoint server, TimeSpan delay)
    {
        _ = RunAsync(_toClient, datagram =>
        {
            _client = datagram.RemoteEndPoint;
            lock (_seen)
            {
                _seen.Add(datagram.Buffer);
            }

            _toServer.Send(datagram.Buffer, server);
        });
        _ = RunAsync(_toServer, datagram => _ = ReturnAsync(datagram.Buffer, delay));
    }

    public IPEndPoint EndPoint => (IPEndPoint)_toClient.Client.LocalEndPoint!; // bound

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

    private async Task ReturnAsync(byte[] datagram, TimeSpan delay)
    {
        await Task.Delay(delay);
        try
        {
            _toClient.Send(datagram, _client);
        }
        catch (Exception e) when (e is ObjectDisposedException or SocketException)
        {
            // The test is over.
        }
    }

    private static async Task RunAsync(UdpClient socket, Action<UdpReceiveResult> forward)
    {
        try
        {
            while (true)
            {
                forward(await socket.ReceiveAsync());
            }
        }
        catch (Exception e) when (e is ObjectDisposedException or SocketException)
        {
            // The test is over.
        }
    }
}
