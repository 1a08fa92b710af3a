using System.Buffers;
using Quiver.Http3.Frames;

namespace Quiver.Http3.Sessions;

/// <summary>Receives the unidirectional streams that the peer opens. RFC 9114 §6.2, RFC 9204 §4.2.</summary>
internal sealed class PeerStreams(Http3Session session, IControlEvents events, bool isServer)
{
    private const int BufferLength = 4096;

    private readonly HashSet<ulong> _critical = [];

    /// <summary>Owns the stream. Never throws.</summary>
    public async Task ReceiveAsync(QuicStream stream)
    {
        bool isCritical = false;
        byte[] buffer = new byte[VarInt.MaxLength];
        try
        {
            int count = await ReadTypeAsync(stream, buffer).ConfigureAwait(false);
            if (!VarInt.TryRead(buffer.AsSpan(0, count), out ulong type, out _))
            {
                // RFC 9114 §6.2: streams that end before their type are no error.
                session.Budget.Spend("streams that end before their type");
                return;
            }

            if (SinkFor(type) is not { } sink)
            {
                // RFC 9114 §6.2: what is unknown is not read.
                stream.CloseRead((long)Http3ErrorCode.StreamCreationError);
                session.Budget.Spend("streams of unknown types");
                return;
            }

            isCritical = true;
            await PumpAsync(stream, sink).ConfigureAwait(false);

            // RFC 9114 §6.2.1, RFC 9204 §4.2: these live as long as the connection.
            session.Fail(Http3ErrorCode.ClosedCriticalStream, $"The peer ended its critical stream of type {type}.");
        }
        catch (Http3ProtocolException e)
        {
            session.Fail(e);
        }
        catch (QuicException e) when (e.QuicError == QuicError.StreamAborted)
        {
            OnReset(stream, isCritical);
        }
        catch (Exception e) when (e is QuicException or ObjectDisposedException)
        {
            // The connection has ended.
        }
        finally
        {
            StreamEnd.Release(stream);
        }
    }

    private void OnReset(QuicStream stream, bool isCritical)
    {
        if (isCritical)
        {
            session.Fail(Http3ErrorCode.ClosedCriticalStream, $"The peer reset its critical stream {stream.Id}.");
            return;
        }

        try
        {
            session.Budget.Spend("streams that are reset before their type");
        }
        catch (Http3ProtocolException e)
        {
            session.Fail(e);
        }
    }

    /// <summary>Reads byte by byte as far as the type goes, so that all that follows is the sink's.</summary>
    private static async ValueTask<int> ReadTypeAsync(QuicStream stream, byte[] buffer)
    {
        int count = 0;
        int length = 1;
        while (count < length)
        {
            int read = await stream.ReadAsync(buffer.AsMemory(count, length - count)).ConfigureAwait(false);
            if (read == 0)
            {
                return 0;
            }

            count += read;
            length = 1 << (buffer[0] >> 6);
        }

        return count;
    }

    /// <summary>Null: nobody knows such streams. Throws when there may be none or no second one.</summary>
    private IStreamSink? SinkFor(ulong type)
    {
        IStreamSink sink;
        switch (type)
        {
            case StreamTypes.Control:
                sink = new ControlStreamReader(events, session.Budget);
                break;
            case StreamTypes.QpackEncoder:
                sink = new InsertionSink(session.Sections);
                break;
            case StreamTypes.QpackDecoder:
                sink = new AcknowledgmentSink(session.Sections);
                break;
            case StreamTypes.Push when isServer:
                // RFC 9114 §6.2.2: only servers push.
                Http3ProtocolException.Throw(Http3ErrorCode.StreamCreationError, "A client opened a push stream.");
                return null;
            case StreamTypes.Push:
                // RFC 9114 §4.6: no push without MAX_PUSH_ID, which we never send.
                Http3ProtocolException.Throw(Http3ErrorCode.IdError, "The server pushes, and was never allowed to.");
                return null;
            default:
                return null;
        }

        lock (_critical)
        {
            if (!_critical.Add(type))
            {
                // RFC 9114 §6.2.1, RFC 9204 §4.2: one of each.
                Http3ProtocolException.Throw(Http3ErrorCode.StreamCreationError, $"The peer opened a second critical stream of type {type}.");
            }
        }

        return sink;
    }

    private static async Task PumpAsync(QuicStream stream, IStreamSink sink)
    {
        while (true)
        {
            // Waits without a buffer: most connections are quiet.
            await stream.ReadAsync(Memory<byte>.Empty).ConfigureAwait(false);
            byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferLength);
            try
            {
                int count = await stream.ReadAsync(buffer).ConfigureAwait(false);
                if (count == 0)
                {
                    return;
                }

                sink.Receive(buffer.AsSpan(0, count));
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }
    }
}
