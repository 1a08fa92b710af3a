using System.Diagnostics;
using Quiver.Diagnostics;
using Quiver.Protocol.Primitives;
using Quiver.Protocol.Streams;

namespace Quiver.Driving;

/// <summary>
/// What stands between the application's handle and the stream of the core. The core and the connection know this object and not the
/// handle, so that a handle nobody holds can be collected; only a pending operation keeps its handle alive.
/// </summary>
internal sealed class StreamDriver : IStreamEvents
{
    private DisposeOperation? _disposal;
    private bool _isReady;
    private int _touchedAfter;
    private bool _isCutOff;

    public StreamDriver(ConnectionDriver connection, QuicStreamState state)
    {
        Connection = connection;
        State = state;
        IsStarted = state.Id.Initiator != connection.Role;
        Reader = state.Receive is null ? null : new ReadHalf(this);
        Writer = state.Send is null ? null : new WriteHalf(this);
        Touch();
    }

    public ConnectionDriver Connection { get; }

    public QuicStreamState State { get; }

    public ReadHalf? Reader { get; }

    public WriteHalf? Writer { get; }

    /// <summary>Where the application opened or accepted the stream, if that was captured.</summary>
    public StackTrace? OpenedAt { get; init; }

    /// <summary>Whether the peer may know of the stream.</summary>
    public bool IsStarted { get; set; }

    /// <summary>Whether the application disposed the stream, or dropped it.</summary>
    public bool IsDisposed { get; private set; }

    /// <summary>Over on the wire, or with the connection or its early data.</summary>
    public bool IsOver => State.IsFreed || _isCutOff;

    /// <summary>Whether the application holds the stream and nothing that it started is pending: it may have lost the handle.</summary>
    public bool MayBeLost => !IsDisposed && Reader is null or { IsPending: false } && Writer is null or { IsPending: false };

    /// <summary>For those who watch over streams.</summary>
    public Timestamp LastTouch => State.Opened + TimeSpan.FromMilliseconds(_touchedAfter);

    /// <summary>Place in the list of live streams; -1: not there.</summary>
    public int LiveIndex { get; set; } = -1;

    public StreamDriver? NextReady { get; set; }

    public void OnReadable() => MarkReady();

    public void OnWritable() => MarkReady();

    public void OnSendStopped(ulong errorCode) => Writer?.OnStopped();

    public void OnSendFinished() => Writer?.OnFinished();

    public void OnReceiveReset(ulong errorCode) => Reader?.OnReset();

    public void OnStreamFreed()
    {
        OnReadEnded();
        CompleteDisposal();
    }

    /// <summary>Nothing more will be read: a stream that is over on the wire is forgotten.</summary>
    public void OnReadEnded()
    {
        if (State.IsFreed && Reader is null or { IsOpen: false })
        {
            Connection.Streams.Live.Remove(this);
        }
    }

    /// <summary>Under the lock: the application accepts it, reads or writes. Kept as milliseconds of its life, up to 24 days.</summary>
    public void Touch() =>
        _touchedAfter = (int)Math.Clamp((Connection.Now - State.Opened).Ticks / TimeSpan.TicksPerMillisecond, 0, int.MaxValue);

    /// <summary>Under the lock, when the core can be called.</summary>
    public void OnSettle()
    {
        _isReady = false;
        Reader?.Fill();
        Writer?.Drain();
    }

    /// <summary>The server did not take early data, and the core has forgotten the stream.</summary>
    public void OnEarlyDataRejected()
    {
        _isCutOff = true;
        Reader?.OnEarlyDataRejected();
        Writer?.OnEarlyDataRejected();
        CompleteDisposal();
    }

    /// <summary>What was over on the wire before stays as it is, and what had arrived stays readable.</summary>
    public void OnConnectionClosed()
    {
        if (!State.IsFreed)
        {
            _isCutOff = true;
            Reader?.OnConnectionClosed();
            Writer?.OnConnectionClosed();
            CompleteDisposal();
        }
    }

    /// <summary>Ends one half or both with an error code; what has ended already stays as it is.</summary>
    public void Abort(QuicAbortDirection direction, ulong errorCode)
    {
        Connection.Enter();
        try
        {
            if ((direction & QuicAbortDirection.Read) == QuicAbortDirection.Read)
            {
                Reader?.Abort(errorCode);
            }

            if ((direction & QuicAbortDirection.Write) == QuicAbortDirection.Write)
            {
                Writer?.Abort(errorCode);
            }
        }
        finally
        {
            Connection.Leave();
        }
    }

    public byte Priority => State.Send?.Priority ?? QuicStream.DefaultPriority;

    public bool IsIncremental => State.Send?.IsIncremental ?? true;

    /// <summary>Who of the streams goes first. RFC 9218 §4, §10.</summary>
    public void SetPriority(byte priority, bool isIncremental)
    {
        if (State.Send is not { } send)
        {
            return;
        }

        Connection.Enter();
        try
        {
            Connection.Core.SetPriority(send, priority, isIncremental);
        }
        finally
        {
            Connection.Leave();
        }
    }

    /// <summary>Who is told when the write half is ended by the peer or with the connection.</summary>
    public void NotifyOfWriteAbort(IThreadPoolWorkItem? onAborted)
    {
        Connection.Enter();
        try
        {
            Writer?.NotifyOfAbort(onAborted);
        }
        finally
        {
            // There is nothing new to send.
            Connection.LeaveUnsent();
        }
    }

    /// <summary>FIN after what was written.</summary>
    public void CompleteWrites()
    {
        Connection.Enter();
        try
        {
            Writer?.Finish();
        }
        finally
        {
            Connection.Leave();
        }
    }

    /// <summary>
    /// Once: ends what is open, the read half by STOP_SENDING, the write half by FIN; a stream that was never used by aborting both.
    /// Done when the stream is over.
    /// </summary>
    public ValueTask DisposeAsync()
    {
        DisposeOperation disposal;
        Connection.Enter();
        try
        {
            End();
            if (IsOver)
            {
                return ValueTask.CompletedTask;
            }

            disposal = DisposeOperation.Start(Connection);
            _disposal = disposal;
        }
        finally
        {
            Connection.LeaveWritten();
        }

        return disposal.WaitAsync();
    }

    /// <summary>As <see cref="DisposeAsync"/>, but nobody waits.</summary>
    public void Release()
    {
        Connection.Enter();
        try
        {
            End();
        }
        finally
        {
            Connection.Leave();
        }
    }

    /// <summary>
    /// Under the lock: the handle was collected undisposed. Both halves end with the default code; a message that was not finished must
    /// not look like a whole one.
    /// </summary>
    public void Drop()
    {
        IsDisposed = true;
        if (_isCutOff || (State.IsFreed && Reader is null or { IsOpen: false }))
        {
            return;
        }

        Leaks.Report(LeakKind.Stream, OpenedAt);
        ulong errorCode = Connection.Streams.DefaultErrorCode;
        Reader?.Abort(errorCode);
        if (!State.IsFreed && State.Send is { IsFinishing: false })
        {
            Writer?.Abort(errorCode);
        }
    }

    /// <summary>Under the lock: ends what is open.</summary>
    private void End()
    {
        IsDisposed = true;
        Writer?.NotifyOfAbort(null);
        ulong errorCode = Connection.Streams.DefaultErrorCode;
        bool wasUsed = IsStarted;
        Reader?.Abort(errorCode);
        if (wasUsed)
        {
            Writer?.Finish();
        }
        else
        {
            Writer?.Abort(errorCode);
        }
    }

    private void CompleteDisposal()
    {
        DisposeOperation? disposal = _disposal;
        _disposal = null;
        disposal?.Complete();
    }

    private void MarkReady()
    {
        if (!_isReady)
        {
            _isReady = true;
            Connection.Streams.OnReady(this);
        }
    }
}
