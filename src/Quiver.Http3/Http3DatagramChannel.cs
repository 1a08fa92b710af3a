using System.Buffers;
using System.Threading.Channels;
using Quiver.Http3.Datagrams;
using Quiver.Http3.Frames;
using Quiver.Http3.Sessions;

namespace Quiver.Http3;

/// <summary>
/// The HTTP datagrams of one request: unreliable messages that travel beside its stream, in QUIC datagrams. RFC 9297 §2. While
/// <see cref="MaxQueued"/> wait to be received, more are dropped.
/// </summary>
public sealed class Http3DatagramChannel
{
    /// <summary>Datagrams that wait for <see cref="ReceiveAsync"/> at most.</summary>
    public const int MaxQueued = 32;

    private readonly Http3Session _session;
    private readonly DatagramRouter _router;
    private readonly Channel<byte[]> _received = Channel.CreateBounded<byte[]>(
        new BoundedChannelOptions(MaxQueued) { FullMode = BoundedChannelFullMode.DropWrite });

    internal Http3DatagramChannel(Http3Session session, DatagramRouter router, long streamId)
    {
        _session = session;
        _router = router;
        StreamId = streamId;
        router.Add(this);
    }

    /// <summary>The largest payload that can be sent now, in bytes; 0: the peer takes none. Changes with the path.</summary>
    public int MaxSize => _session.Peer.EnableDatagrams
        ? Math.Max(0, _session.Connection.MaxDatagramSize - VarInt.LengthOf(QuarterStreamId))
        : 0;

    internal long StreamId { get; }

    private ulong QuarterStreamId => (ulong)StreamId / 4;

    /// <summary>Sends a datagram; waits while too many wait to be sent. Done when the transport has taken a copy.</summary>
    /// <param name="payload"><see cref="MaxSize"/> bytes at most.</param>
    /// <param name="cancellationToken">Cancelling ends the wait; the datagram is not sent.</param>
    /// <exception cref="InvalidOperationException">The peer has not said that it takes HTTP datagrams. RFC 9297 §2.1.1.</exception>
    /// <exception cref="ArgumentException">The payload is too large.</exception>
    /// <exception cref="QuicException">The connection has ended.</exception>
    public async ValueTask SendAsync(ReadOnlyMemory<byte> payload, CancellationToken cancellationToken = default)
    {
        byte[] datagram = Rent(payload.Span, out int length);
        try
        {
            await _session.Connection.SendDatagramAsync(datagram.AsMemory(0, length), default, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(datagram);
        }
    }

    /// <summary>As <see cref="SendAsync"/>, but never waits: false when too many wait to be sent.</summary>
    /// <inheritdoc cref="SendAsync"/>
    public bool TrySend(ReadOnlySpan<byte> payload)
    {
        byte[] datagram = Rent(payload, out int length);
        try
        {
            return _session.Connection.TrySendDatagram(datagram.AsSpan(0, length));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(datagram);
        }
    }

    /// <summary>Takes the next datagram, waiting for one; null when the request has ended and nothing is left.</summary>
    /// <param name="cancellationToken">Cancelling ends the wait only.</param>
    public async ValueTask<ReadOnlyMemory<byte>?> ReceiveAsync(CancellationToken cancellationToken = default)
    {
        while (await _received.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false))
        {
            if (_received.Reader.TryRead(out byte[]? payload))
            {
                return payload;
            }
        }

        return null;
    }

    internal void OnReceived(byte[] payload) => _received.Writer.TryWrite(payload);

    /// <summary>The request has ended.</summary>
    internal void Close()
    {
        _router.Remove(this);
        _received.Writer.TryComplete();
    }

    private byte[] Rent(ReadOnlySpan<byte> payload, out int length)
    {
        if (!_session.Peer.EnableDatagrams)
        {
            // RFC 9297 §2.1.1: not before both sides have said so.
            throw new InvalidOperationException("The peer's settings do not allow HTTP datagrams, or have not come yet.");
        }

        byte[] datagram = ArrayPool<byte>.Shared.Rent(VarInt.MaxLength + payload.Length);
        int header = VarInt.Write(datagram, QuarterStreamId);
        payload.CopyTo(datagram.AsSpan(header));
        length = header + payload.Length;
        return datagram;
    }
}
