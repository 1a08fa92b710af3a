using Quiver.Protocol.Primitives;
using Quiver.Protocol.Streams;
using Quiver.Threading;

namespace Quiver.Driving;

/// <summary>
/// The streams of one connection as the driver sees them: which live, which have news, which wait to be accepted, and who waits for
/// credit to open one. Everything but the two public waits runs under the connection's lock.
/// </summary>
internal sealed class ConnectionStreams(ConnectionDriver driver)
{
    private readonly Queue<QuicStream> _inbound = new();
    private readonly WaiterQueue<QuicStream> _acceptors = new(driver);
    private readonly WaiterQueue<QuicStream> _bidirectionalOpeners = new(driver);
    private readonly WaiterQueue<QuicStream> _unidirectionalOpeners = new(driver);
    private StreamDriver? _firstLive;
    private StreamDriver? _firstReady;
    private bool _hasNewCredit;
    private bool _isClosed;

    /// <summary>The code of streams that end without one of the application's.</summary>
    public ulong DefaultErrorCode { get; set; }

    /// <summary>Opens a stream, or waits for the peer's credit in order of arrival.</summary>
    public ValueTask<QuicStream> OpenAsync(object root, QuicStreamType type, CancellationToken cancellationToken)
    {
        Waiter<QuicStream> waiter;
        driver.Enter();
        try
        {
            if (driver.Closing.IsDisposed || _isClosed)
            {
                return ValueTask.FromException<QuicStream>(driver.Closing.CreateException());
            }

            WaiterQueue<QuicStream> openers = type == QuicStreamType.Bidirectional ? _bidirectionalOpeners : _unidirectionalOpeners;
            if (openers.IsEmpty && TryOpen(type) is { } stream)
            {
                return new ValueTask<QuicStream>(stream);
            }

            waiter = openers.Add(root);
        }
        finally
        {
            driver.Leave();
        }

        return waiter.WaitAsync(cancellationToken);
    }

    /// <summary>Takes the next stream that the peer opened; those that came before the connection ended are still given out.</summary>
    public ValueTask<QuicStream> AcceptAsync(object root, CancellationToken cancellationToken)
    {
        Waiter<QuicStream> waiter;
        driver.Enter();
        try
        {
            if (_inbound.TryDequeue(out QuicStream? stream))
            {
                Accept(stream);
                return new ValueTask<QuicStream>(stream);
            }

            if (driver.Closing.IsDisposed || _isClosed)
            {
                return ValueTask.FromException<QuicStream>(driver.Closing.CreateException());
            }

            waiter = _acceptors.Add(root);
        }
        finally
        {
            driver.Leave();
        }

        return waiter.WaitAsync(cancellationToken);
    }

    public void OnOpenedByPeer(QuicStreamState state)
    {
        StreamDriver stream = Add(state);
        _inbound.Enqueue(new QuicStream(stream));
    }

    public void OnCreditGranted() => _hasNewCredit = true;

    /// <summary>A stream has news, to be seen to in <see cref="Settle"/>, when the core can be called again.</summary>
    public void OnReady(StreamDriver stream)
    {
        stream.NextReady = _firstReady;
        _firstReady = stream;
    }

    /// <summary>The stream is over on the wire.</summary>
    public void OnFreed(StreamDriver stream) => Unlink(stream);

    /// <summary>Acts on news; returns whether there was any, so that there may be something to send.</summary>
    public bool Settle()
    {
        bool hadNews = false;
        while (_firstReady is { } stream)
        {
            _firstReady = stream.NextReady;
            stream.NextReady = null;
            stream.OnSettle();
            hadNews = true;
        }

        while (_inbound.Count > 0 && !_acceptors.IsEmpty)
        {
            QuicStream stream = _inbound.Dequeue();
            Accept(stream);
            _acceptors.TryGive(stream);
            hadNews = true;
        }

        if (_isClosed && _inbound.Count == 0)
        {
            FailAll(_acceptors);
        }

        if (_hasNewCredit)
        {
            _hasNewCredit = false;
            hadNews = true;
            ServeOpeners(_bidirectionalOpeners, QuicStreamType.Bidirectional);
            ServeOpeners(_unidirectionalOpeners, QuicStreamType.Unidirectional);
        }

        return hadNews;
    }

    /// <summary>Client: the server did not take early data. All streams so far are our own and go; who waits for one waits on.</summary>
    public void OnEarlyDataRejected()
    {
        while (_firstLive is { } stream)
        {
            stream.OnEarlyDataRejected();
            Unlink(stream);
        }
    }

    public void OnConnectionClosed()
    {
        _isClosed = true;
        while (_firstLive is { } stream)
        {
            stream.OnConnectionClosed();
            Unlink(stream);
        }

        FailAll(_bidirectionalOpeners);
        FailAll(_unidirectionalOpeners);
    }

    /// <summary>The application disposed the connection: what nobody accepted is dropped.</summary>
    public void OnDisposed()
    {
        while (_inbound.TryDequeue(out QuicStream? stream))
        {
            stream.Driver.Dispose();
        }

        FailAll(_bidirectionalOpeners);
        FailAll(_unidirectionalOpeners);
        FailAll(_acceptors);
    }

    private void FailAll(WaiterQueue<QuicStream> waiters)
    {
        while (!waiters.IsEmpty)
        {
            waiters.TryFail(driver.Closing.CreateException());
        }
    }

    private void ServeOpeners(WaiterQueue<QuicStream> openers, QuicStreamType type)
    {
        while (!openers.IsEmpty && !_isClosed && TryOpen(type) is { } stream)
        {
            openers.TryGive(stream);
        }
    }

    private QuicStream? TryOpen(QuicStreamType type)
    {
        StreamDirection direction = type == QuicStreamType.Bidirectional ? StreamDirection.Bidirectional : StreamDirection.Unidirectional;
        return driver.Core.TryOpenStream(direction, out QuicStreamState? state) ? new QuicStream(Add(state!)) : null; // True gives one.
    }

    private void Accept(QuicStream stream)
    {
        if (!_isClosed)
        {
            driver.Core.OnStreamAccepted(stream.Driver.State);
        }
    }

    private StreamDriver Add(QuicStreamState state)
    {
        var stream = new StreamDriver(driver, state) { NextLive = _firstLive };
        if (_firstLive is not null)
        {
            _firstLive.PreviousLive = stream;
        }

        _firstLive = stream;
        state.Events = stream;
        return stream;
    }

    private void Unlink(StreamDriver stream)
    {
        if (stream.PreviousLive is not null)
        {
            stream.PreviousLive.NextLive = stream.NextLive;
        }
        else if (ReferenceEquals(_firstLive, stream))
        {
            _firstLive = stream.NextLive;
        }

        if (stream.NextLive is not null)
        {
            stream.NextLive.PreviousLive = stream.PreviousLive;
        }

        stream.NextLive = stream.PreviousLive = null;
    }
}
