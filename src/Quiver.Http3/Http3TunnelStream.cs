using Quiver.Http3.Messages;
using Quiver.Http3.Sessions;

namespace Quiver.Http3;

/// <summary>
/// The bytes that go both ways after a successful CONNECT or extended CONNECT. RFC 9114 §4.4, RFC 9220. Writes go out at once.
/// <see cref="CloseWrite"/> ends one direction; disposing ends both: FIN for the write half, and H3_REQUEST_CANCELLED for a read half that
/// was not read to its end.
/// </summary>
public sealed class Http3TunnelStream : Http3ContentStream
{
    private readonly IExchange _exchange;
    private int _isDisposed;

    internal Http3TunnelStream(IExchange exchange)
    {
        _exchange = exchange;
        Datagrams = exchange.Session.Datagrams is { } router ? new Http3DatagramChannel(exchange.Session, router, exchange.Stream.Id) : null;
    }

    /// <summary>Unreliable messages beside the tunnel; null when the options of this side did not enable them. RFC 9297.</summary>
    public Http3DatagramChannel? Datagrams { get; }

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <summary>The id of the stream that carries the tunnel; datagrams and WebTransport name it.</summary>
    public long StreamId => _exchange.Stream.Id;

    /// <summary>Reads what the peer sent; 0 is the end of its direction.</summary>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            int count = await _exchange.Reader.ReadContentAsync(buffer, cancellationToken).ConfigureAwait(false);
            if (_exchange.Reader.IsAtEnd)
            {
                _exchange.EndRead();
            }

            return count;
        }
        catch (Exception e) when (e is Http3ProtocolException or Http3StreamException or QuicException)
        {
            throw _exchange.OnFailure(e);
        }
    }

    /// <inheritdoc/>
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            await _exchange.Writer.WriteContentAsync(buffer, isLast: false, cancellationToken).ConfigureAwait(false);
        }
        catch (QuicException e)
        {
            throw _exchange.OnFailure(e);
        }
    }

    /// <summary>Ends our direction in good order; the peer's stays open. Never blocks.</summary>
    public void CloseWrite()
    {
        StreamEnd.Finish(_exchange.Stream);
        _exchange.EndWrite();
    }

    /// <summary>Ends both directions at once with an error; what is not yet delivered is lost.</summary>
    /// <param name="errorCode">What the peer is told. RFC 9114 §8.1: <see cref="Http3ErrorCode.ConnectError"/> for a failed TCP connection.</param>
    public void Abort(Http3ErrorCode errorCode)
    {
        _exchange.Stream.Abort(QuicAbortDirection.Both, (long)errorCode);
        Dispose();
    }

    /// <summary>Ends both directions. Never blocks.</summary>
    protected override void Dispose(bool disposing)
    {
        if (disposing && Interlocked.Exchange(ref _isDisposed, 1) == 0)
        {
            StreamEnd.Finish(_exchange.Stream);
            _exchange.Stream.CloseRead((long)Http3ErrorCode.RequestCancelled);
            _exchange.EndWrite();
            _exchange.EndRead();
            Datagrams?.Close();
        }

        base.Dispose(disposing);
    }
}
