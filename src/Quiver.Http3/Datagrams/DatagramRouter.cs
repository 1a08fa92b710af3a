using Quiver.Http3.Frames;
using Quiver.Http3.Sessions;

namespace Quiver.Http3.Datagrams;

/// <summary>
/// Takes the QUIC datagrams of a connection and gives each to the request that it belongs to. RFC 9297 §2.1. What comes for a stream that is not
/// known yet waits, a little; what comes for one that is over is dropped. Thread-safe.
/// </summary>
internal sealed class DatagramRouter(Http3Session session, IDatagramTargets targets)
{
    /// <summary>Datagrams that wait for their streams: about what a client sends with its request before the server has seen it.</summary>
    private const int MaxEarly = 16;

    /// <summary>A datagram of a common path; larger ones make the buffer grow.</summary>
    private const int InitialBuffer = 2048;

    private const int MaxBuffer = 1 << 16;

    /// <summary>The largest stream id, divided by four. RFC 9297 §2.1.</summary>
    private const ulong MaxQuarterStreamId = (1ul << 60) - 1;

    private readonly Lock _lock = new();
    private readonly Dictionary<long, Http3DatagramChannel> _channels = [];
    private readonly Queue<(long StreamId, byte[] Payload)> _early = new();

    /// <summary>Until the connection ends.</summary>
    public async Task RunAsync()
    {
        byte[] buffer = new byte[InitialBuffer];
        try
        {
            while (true)
            {
                int length;
                try
                {
                    length = await session.Connection.ReceiveDatagramAsync(buffer, session.Stopping).ConfigureAwait(false);
                }
                catch (ArgumentException) when (buffer.Length < MaxBuffer)
                {
                    buffer = new byte[buffer.Length * 2];
                    continue;
                }

                Receive(buffer.AsSpan(0, length));
            }
        }
        catch (Http3ProtocolException e)
        {
            session.Fail(e);
        }
        catch (ObjectDisposedException)
        {
            // So has the application.
        }
        catch (InvalidOperationException e)
        {
            // The connection's options do not let us have them.
            session.Fail(Http3ErrorCode.InternalError, e.Message);
        }
        catch (Exception e) when (e is QuicException or OperationCanceledException)
        {
            // The connection has ended.
        }
    }

    /// <summary>From now on the stream's datagrams go to the channel, those first that came early.</summary>
    public void Add(Http3DatagramChannel channel)
    {
        lock (_lock)
        {
            _channels[channel.StreamId] = channel;
            for (int i = _early.Count; i > 0; i--)
            {
                (long streamId, byte[] payload) = _early.Dequeue();
                if (streamId == channel.StreamId)
                {
                    channel.OnReceived(payload);
                }
                else
                {
                    _early.Enqueue((streamId, payload));
                }
            }
        }
    }

    public void Remove(Http3DatagramChannel channel)
    {
        lock (_lock)
        {
            _channels.Remove(channel.StreamId);
        }
    }

    private void Receive(ReadOnlySpan<byte> datagram)
    {
        if (!VarInt.TryRead(datagram, out ulong quarter, out int length) || quarter > MaxQuarterStreamId)
        {
            // RFC 9297 §2.1: too short for an id, or with one that is too large.
            Http3ProtocolException.Throw(Http3ErrorCode.DatagramError, "A datagram has no stream id that could be.");
        }

        long streamId = (long)quarter * 4;
        Http3DatagramChannel? channel;
        lock (_lock)
        {
            _channels.TryGetValue(streamId, out channel);
        }

        if (channel is not null)
        {
            channel.OnReceived(datagram[length..].ToArray());
            return;
        }

        switch (targets.Locate(streamId))
        {
            case DatagramTarget.ToCome:
                KeepEarly(streamId, datagram[length..]);
                break;
            case DatagramTarget.NoDatagrams:
                // RFC 9297 §2: a request that knows no datagrams ends.
                targets.Refuse(streamId);
                break;
        }
    }

    private void KeepEarly(long streamId, ReadOnlySpan<byte> payload)
    {
        lock (_lock)
        {
            if (_channels.TryGetValue(streamId, out Http3DatagramChannel? channel))
            {
                channel.OnReceived(payload.ToArray());
                return;
            }

            if (_early.Count == MaxEarly)
            {
                _early.Dequeue();
            }

            _early.Enqueue((streamId, payload.ToArray()));
        }
    }
}
