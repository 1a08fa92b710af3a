using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Quiver.Protocol.Primitives;
using Quiver.Sockets;

namespace Quiver.Driving;

/// <summary>Datagrams on an endpoint's socket that are not QUIC, both ways.</summary>
internal sealed class NonQuicDatagrams
{
    /// <summary>Datagrams that wait for the application; the newest are dropped then. Four times quic-go's, as ours need no call to begin with.</summary>
    public const int MaxWaiting = 128;

    private readonly IDatagramSocket _socket;
    private readonly Channel<(byte[] Bytes, PathAddress Remote)> _waiting;
    private long _dropped;

    public NonQuicDatagrams(IDatagramSocket socket)
    {
        _socket = socket;
        _waiting = Channel.CreateBounded<(byte[] Bytes, PathAddress Remote)>(
            new BoundedChannelOptions(MaxWaiting) { FullMode = BoundedChannelFullMode.DropWrite, SingleWriter = true },
            _ => Interlocked.Increment(ref _dropped));
    }

    /// <summary>How many came and were not kept, because nobody fetched those before.</summary>
    public long Dropped => Interlocked.Read(ref _dropped);

    /// <summary>On the loop.</summary>
    public void Add(ReadOnlySpan<byte> datagram, in PathAddress remote) => _waiting.Writer.TryWrite((datagram.ToArray(), remote));

    public async ValueTask<SocketReceiveFromResult> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        try
        {
            (byte[] bytes, PathAddress remote) = await _waiting.Reader.ReadAsync(cancellationToken).ConfigureAwait(false);
            int length = Math.Min(bytes.Length, buffer.Length);
            bytes.AsSpan(0, length).CopyTo(buffer.Span);
            return new SocketReceiveFromResult { ReceivedBytes = length, RemoteEndPoint = remote.ToIPEndPoint() };
        }
        catch (ChannelClosedException e)
        {
            throw new ObjectDisposedException("The endpoint was disposed.", e);
        }
    }

    public void Send(ReadOnlySpan<byte> datagram, IPEndPoint remote)
    {
        PathAddress to = PathAddress.From(remote);
        PathAddress from = to.IsIPv4 ? PathAddress.FromIPv4(0, 0) : default;
        if (!_socket.Send(datagram, datagram.Length, from, to, EcnCodepoint.NotEct, out SocketError error))
        {
            throw new SocketException((int)error);
        }
    }

    /// <summary>The endpoint ends: those who wait are told.</summary>
    public void Complete() => _waiting.Writer.TryComplete();
}
