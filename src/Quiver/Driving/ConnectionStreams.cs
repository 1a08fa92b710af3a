using System.Diagnostics;
using Quiver.Diagnostics;
using Quiver.Protocol.Primitives;
using Quiver.Protocol.Streams;
using Quiver.Threading;

namespace Quiver.Driving;

/// <summary>
/// The streams of one connection as the driver sees them: which live, which have news, which wait to be accepted, and who waits for
/// credit to open one. Everything but the two public waits and <see cref="Lost"/> runs under the connection's lock. No handle is held:
/// a <see cref="QuicStream"/> is made for the application when it opens or accepts one, and a stream that nobody accepted is the core's alone.
/// </summary>
internal sealed class ConnectionStreams(ConnectionDriver driver)
{
    private readonly Queue<QuicStreamState> _inbound = new();
    private readonly WaiterQueue<QuicStream> _acceptors = new(driver);
    private readonly WaiterQueue<QuicStream>[] _openers = [new(driver), new(driver)];
    private StreamDriver? _firstReady;
    private StreamStarvation _starvation = new();
    private bool _hasNewCredit;
    private bool _isClosed;

    /// <summary>The code of streams that end without one of the application's.</summary>
    public ulong DefaultErrorCode { get; set; }

    /// <summary>Handles that the garbage collector took undisposed.</summary>
    public LostHandles Lost { get; } = new();

    /// <summary>Streams with a handle, or without one and not yet ended on the wire.</summary>
    public LiveStreams Live { get; } = new();

    /// <summary>Streams that the peer opened and the application has not taken, oldest first.</summary>
    public Queue<QuicStreamState>.Enumerator Unaccepted => _inbound.GetEnumerator();

    public int UnacceptedCount => _inbound.Count;

    /// <summary>How long streams could not be opened, by the peer or by us.</summary>
    public ref readonly StreamStarvation Starvation => ref _starvation;

    /// <summary>Whether the application holds a stream on which nothing is pending: it may have lost the handle.</summary>
    public bool MayHoldLost
    {
        get
        {
            foreach (StreamDriver stream in Live)
            {
                if (stream.MayBeLost)
                {
                    return true;
                }
            }

            return false;
        }
    }

    /// <summary>Opens a stream, or waits for the peer's credit in order of arrival.</summary>
    public ValueTask<QuicStream> OpenAsync(QuicConnection connection, QuicStreamType type, CancellationToken cancellationToken)
    {
        StackTrace? calledAt = Leaks.CaptureStack();
        StreamDirection direction = type == QuicStreamType.Bidirectional ? StreamDirection.Bidirectional : StreamDirection.Unidirectional;
        WaiterQueue<QuicStream> openers = _openers[(int)direction];
        Waiter<QuicStream> waiter;
        driver.Enter();
        try
        {
            if (driver.Closing.IsDisposed || _isClosed)
            {
                return ValueTask.FromException<QuicStream>(driver.Closing.CreateException());
            }

            if (openers.IsEmpty && TryOpen(direction, connection, calledAt) is { } stream)
            {
                return new ValueTask<QuicStream>(stream);
            }

            waiter = openers.Add(connection, calledAt);
        }
        finally
        {
            driver.Leave();
        }

        return waiter.WaitAsync(cancellationToken);
    }

    /// <summary>Takes the next stream that the peer opened; those that came before the connection ended are still given out.</summary>
    public ValueTask<QuicStream> AcceptAsync(QuicConnection connection, CancellationToken cancellationToken)
    {
        StackTrace? calledAt = Leaks.CaptureStack();
        Waiter<QuicStream> waiter;
        driver.Enter();
        try
        {
            if (_inbound.TryDequeue(out QuicStreamState? state))
            {
                return new ValueTask<QuicStream>(Accept(state, connection, calledAt));
            }

            if (driver.Closing.IsDisposed || _isClosed)
            {
                return ValueTask.FromException<QuicStream>(driver.Closing.CreateException());
            }

            waiter = _acceptors.Add(connection, calledAt);
        }
        finally
        {
            driver.Leave();
        }

        return waiter.WaitAsync(cancellationToken);
    }

    public void OnOpenedByPeer(QuicStreamState state)
    {
        state.Opened = driver.Now;
        _inbound.Enqueue(state);
    }

    public void OnCreditGranted() => _hasNewCredit = true;

    /// <summary>A stream has news, to be seen to in <see cref="Settle"/>, when the core can be called again.</summary>
    public void OnReady(StreamDriver stream)
    {
        stream.NextReady = _firstReady;
        _firstReady = stream;
    }

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

        while (_inbound.Count > 0 && _acceptors.First is { } acceptor)
        {
            _acceptors.TryGive(Accept(_inbound.Dequeue(), (QuicConnection)acceptor.Caller, acceptor.CalledAt));
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
            ServeOpeners(StreamDirection.Bidirectional);
            ServeOpeners(StreamDirection.Unidirectional);
        }

        return hadNews;
    }

    /// <summary>Client: the server did not take early data. All streams so far are our own and go; who waits for one waits on.</summary>
    public void OnEarlyDataRejected() => Live.OnEarlyDataRejected();

    /// <summary>Takes note of who could not open a stream; true when the process should keep an eye on it from now on.</summary>
    public bool NoteStarvation()
    {
        bool isOpenerWaiting = !_openers[0].IsEmpty || !_openers[1].IsEmpty;
        (bool isPeerOut, bool isPeerWaiting) = _isClosed ? default : driver.Core.PeerCredit;
        return _starvation.Note(isOpenerWaiting || isPeerWaiting, isPeerOut, driver.Now);
    }

    /// <summary>Nobody keeps an eye on it any more.</summary>
    public void OnUnwatched() => _starvation.IsWatched = false;

    public void OnConnectionClosed()
    {
        _isClosed = true;
        Live.OnConnectionClosed();
        foreach (QuicStreamState state in _inbound)
        {
            if (state.Receive is { HasAllData: false } incomplete)
            {
                incomplete.Abandon();
            }
        }

        FailOpeners();
    }

    /// <summary>The application disposed the connection, or dropped it: what nobody accepted is dropped.</summary>
    public void OnDisposed()
    {
        while (_inbound.TryDequeue(out QuicStreamState? state))
        {
            state.Receive?.Stop(DefaultErrorCode);
            state.Send?.Reset(DefaultErrorCode);
        }

        FailOpeners();
        FailAll(_acceptors);
    }

    private void FailOpeners()
    {
        foreach (WaiterQueue<QuicStream> openers in _openers)
        {
            FailAll(openers);
        }
    }

    private void FailAll(WaiterQueue<QuicStream> waiters)
    {
        while (!waiters.IsEmpty)
        {
            waiters.TryFail(driver.Closing.CreateException());
        }
    }

    private void ServeOpeners(StreamDirection direction)
    {
        WaiterQueue<QuicStream> openers = _openers[(int)direction];
        while (!_isClosed && openers.First is { } opener
            && TryOpen(direction, (QuicConnection)opener.Caller, opener.CalledAt) is { } stream)
        {
            openers.TryGive(stream);
            _starvation.OnProgress();
        }
    }

    private QuicStream? TryOpen(StreamDirection direction, QuicConnection connection, StackTrace? calledAt)
    {
        if (!driver.Core.TryOpenStream(direction, out QuicStreamState? state))
        {
            return null;
        }

        state!.Opened = driver.Now; // True gives one.
        return CreateHandle(state, connection, calledAt);
    }

    private QuicStream Accept(QuicStreamState state, QuicConnection connection, StackTrace? calledAt)
    {
        if (!_isClosed)
        {
            driver.Core.OnStreamAccepted(state);
        }

        return CreateHandle(state, connection, calledAt);
    }

    private QuicStream CreateHandle(QuicStreamState state, QuicConnection connection, StackTrace? calledAt)
    {
        var stream = new StreamDriver(driver, state) { OpenedAt = calledAt };
        state.Events = stream;
        if (_isClosed)
        {
            stream.OnConnectionClosed();
        }
        else
        {
            Live.Add(stream);

            // It may have been reset before anybody accepted it.
            stream.OnReadEnded();
        }

        return new QuicStream(stream, connection);
    }
}
