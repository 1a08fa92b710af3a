using System.Net;
using System.Text;

namespace Quiver.Interop.Tests.Infrastructure;

/// <summary>A connection between us and a peer that takes orders, whoever of the two is the client.</summary>
internal sealed class OrderedPeer : IAsyncDisposable
{
    public const string Protocol = "quiver-orders";

    private readonly QuicListener? _listener;

    private OrderedPeer(QuicConnection connection, PeerProcess process, QuicListener? listener)
    {
        Connection = connection;
        Process = process;
        _listener = listener;
    }

    public QuicConnection Connection { get; }

    public PeerProcess Process { get; }

    public static async Task<OrderedPeer> StartAsync(PeerKind peer, Side side, IPAddress? address = null, string? pki = null)
    {
        Installation.Require(peer);
        address ??= IPAddress.Loopback;
        if (side == Side.WeAreClient)
        {
            (PeerProcess server, IPEndPoint endPoint) = await OwnPeer.ServeAsync(peer, address.ToString(), pki);
            return new OrderedPeer(await Ours.ConnectAsync(endPoint, Protocol, pki), server, null);
        }

        QuicListener listener = await Ours.ListenAsync(Protocol, address, pki);
        PeerProcess client = await OwnPeer.ConnectAsync(peer, listener.LocalEndPoint, pki: pki);
        return new OrderedPeer(await listener.AcceptConnectionAsync().Soon(), client, listener);
    }

    /// <summary>Opens a stream and writes the order.</summary>
    public async Task<QuicStream> OrderAsync(string order)
    {
        QuicStream stream = await Connection.OpenOutboundStreamAsync(QuicStreamType.Bidirectional).Soon();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(order + "\n")).Soon();
        return stream;
    }

    public async ValueTask DisposeAsync()
    {
        await Connection.DisposeAsync().Soon();
        await Process.DisposeAsync();
        if (_listener is not null)
        {
            await _listener.DisposeAsync().Soon();
        }
    }
}
