using System.Net.Sockets;
using Quiver.Diagnostics;
using Quiver.Protocol.Connections;
using Quiver.Protocol.Primitives;
using Quiver.Protocol.Tls;
using Quiver.Threading;

namespace Quiver.Driving;

/// <summary>
/// One connection under one lock. Whoever enters (the loop with datagrams, an application's call) does its work and leaves;
/// <see cref="Leave"/> then builds and sends what there is to send, unless another thread is at it, and wakes whoever waits, all
/// without the lock. A loop that finds the lock taken leaves its datagrams in the inbox for the holder.
/// </summary>
internal sealed class ConnectionDriver : IGuard, IThreadPoolWorkItem
{
    /// <summary>Slabs that one caller sends for everybody before the loop takes over, so that no call is held up for ever.</summary>
    private const int MaxRounds = 4;

    /// <summary>With fewer streams there is little that could share a packet.</summary>
    private const int MinStreamsToWaitFor = 4;

    private readonly Lock _lock = new();
    private readonly HolderInbox _inbox = new();
    private readonly DeadlineEntry<ConnectionDriver> _deadline;
    private readonly ConnectionFacts _facts;
    private readonly EndpointLoop _loop;
    private readonly IHandshakeHost _host;
    private CompletionList _decided;
    private bool _isFlushing;
    private bool _isGone;
    private bool _hasCollapsed;

    /// <summary>How many callers are writing a batch, during which nothing is sent.</summary>
    private int _holds;

    /// <summary>Whether a work item will send what was written.</summary>
    private bool _isSendQueued;

    private ConnectionDriver(EndpointLoop loop, IHandshakeHost host, EndpointRole role)
    {
        _loop = loop;
        _host = host;
        _facts = new ConnectionFacts(this);
        Loops = new ConnectionLoops(this, loop);
        _deadline = new DeadlineEntry<ConnectionDriver>(this);
        Role = role;
        Streams = new ConnectionStreams(this);
        Datagrams = new ConnectionDatagrams(this);
        Closing = new ConnectionClosing(this);
        Paths = new ClientPaths(this);
        Watch = new StreamWatch(this);
    }

    public EndpointRole Role { get; }

    /// <summary>The protocol; used with the lock held, but for <see cref="Connection.Tls"/> once the handshake is complete or suspended.</summary>
    public Connection Core { get; private set; } = null!; // Set by both factories before anybody else sees the driver.

    public ConnectionStreams Streams { get; }

    public ConnectionDatagrams Datagrams { get; }

    public ConnectionClosing Closing { get; }

    /// <summary>The loop that the connection began on; it keeps its time.</summary>
    public EndpointLoop Loop => _loop;

    public ConnectionLoops Loops { get; }

    public ClientPaths Paths { get; }

    /// <summary>Whether the loop has put off the answers of this connection. For the loop's thread alone.</summary>
    public bool IsUnsent { get; set; }

    /// <summary>The time at which the lock was taken, or later.</summary>
    public Timestamp Now { get; private set; }

    public StreamWatch Watch { get; }

    /// <summary>The place in <see cref="LiveConnections"/>, which alone uses it.</summary>
    public (int Part, int Index) Registration { get; set; }

    /// <summary>Who is told of new stream credit; null: nobody. Held by the application's handle, and not by the connection.</summary>
    public WeakReference<CapacityNotifier>? Capacity { get; set; }

    public static ConnectionDriver CreateClient(
        EndpointLoop loop, IHandshakeHost host, ConnectionSettings settings, ClientTlsSettings tls, in PathAddress local, in PathAddress remote)
    {
        var driver = new ConnectionDriver(loop, host, EndpointRole.Client);
        driver.Enter();
        try
        {
            driver.Core = Connection.CreateClient(settings with { ConnectionIds = loop.Identity.Ids }, tls, local, remote, driver._facts, driver.Now);
        }
        catch
        {
            driver._lock.Exit();
            throw;
        }

        // The first flight goes out with Start, when the caller is ready for events.
        driver._lock.Exit();
        LiveConnections.Add(driver);
        return driver;
    }

    public static ConnectionDriver CreateServer(
        EndpointLoop loop, IHandshakeHost host, in ServerInitial initial, TimeSpan helloTimeout, Timestamp now)
    {
        var driver = new ConnectionDriver(loop, host, EndpointRole.Server) { Now = now };
        driver.Core = Connection.CreateServer(initial, helloTimeout, loop.Identity.Ids, SystemRandomSource.Instance, driver._facts, now);
        LiveConnections.Add(driver);
        return driver;
    }

    /// <summary>Sends the first flight.</summary>
    public void Start()
    {
        Enter();
        Leave();
    }

    public void Enter()
    {
        _lock.Enter();
        Now = Timestamp.Max(Now, MonotonicClock.Now);
    }

    /// <summary>For the loop, which must not wait.</summary>
    public bool TryEnter(Timestamp now)
    {
        if (!_lock.TryEnter())
        {
            return false;
        }

        // The loop reads the clock once for a whole batch; others may have been here since.
        Now = Timestamp.Max(Now, now);
        return true;
    }

    public void OnDecided(Completion completion) => _decided.Add(completion);

    /// <summary>As <see cref="TryEnter"/>, to receive: what was posted before comes first, so that datagrams stay in order.</summary>
    public bool TryEnterToReceive(Timestamp now)
    {
        if (!TryEnter(now))
        {
            return false;
        }

        if (!_inbox.IsEmpty)
        {
            try
            {
                ActOn(_inbox.Take());
            }
            catch (Exception e)
            {
                Collapse(e);
            }
        }

        return true;
    }

    /// <summary>The loop has a datagram and holds the lock.</summary>
    public void Receive(Span<byte> datagram, in DatagramArrival arrival)
    {
        if (_isGone)
        {
            return;
        }

        try
        {
            Core.ReceiveDatagram(datagram, in arrival, Now);
        }
        catch (Exception e)
        {
            Collapse(e);
        }
    }

    /// <summary>The loop has a datagram and somebody else holds the lock. Call <see cref="OnPosted"/> after the last one.</summary>
    public void Post(ReadOnlySpan<byte> datagram, in DatagramArrival arrival) => _inbox.Add(datagram, in arrival);

    /// <summary>Sees to the datagrams that were posted, unless the holder of the lock will.</summary>
    public void OnPosted() => Nudge(HolderNotes.Datagrams);

    /// <summary>The loop saw a stateless reset of this connection. RFC 9000 §10.3.1.</summary>
    public void OnStatelessReset() => Nudge(HolderNotes.StatelessReset);

    /// <summary>The socket is gone: the connection ends at once, without a word.</summary>
    public void OnSocketLost(Exception error)
    {
        Enter();
        try
        {
            if (!_isGone)
            {
                Core.CloseTransport(TransportErrorCode.InternalError, "the socket was lost", error, Now);
                Core.OnTimeout(Timestamp.Never);
            }
        }
        finally
        {
            Leave();
        }
    }

    /// <summary>The loop found the deadline reached, or was asked to go on with sending.</summary>
    public void OnDue() => Nudge(HolderNotes.Deadline);

    /// <summary>From the finalizer's thread, which must not wait nor send: the handle of a stream is gone.</summary>
    public void OnHandleLost(StreamDriver stream)
    {
        if (Streams.Lost.Add(stream))
        {
            LeaveToLoop(HolderNotes.HandlesLost);
        }
    }

    /// <summary>From the finalizer's thread: the application's <see cref="QuicConnection"/> is gone.</summary>
    public void OnHandleLost()
    {
        Closing.OnHandleLost();
        LeaveToLoop(HolderNotes.HandlesLost);
    }

    public void Leave()
    {
        SendSlab? slab = null;
        int rounds = 0;
        while (true)
        {
            bool isWakeNeeded = false;
            bool hasSlab;
            try
            {
                hasSlab = Work(rounds, ref slab, out isWakeNeeded);
            }
            catch (Exception e)
            {
                Collapse(e);
                hasSlab = slab is { IsEmpty: false };
                _isFlushing |= hasSlab;
            }

            Completion? decided = _decided.TakeAll();
            ConnectionFacts.Outcome outcome = _facts.Take();
            _lock.Exit();

            CompletionList.Announce(decided);
            Act(in outcome);
            if (isWakeNeeded)
            {
                _loop.Wake();
            }

            if (hasSlab)
            {
                rounds++;
                slab!.Send(Loops, out SocketError error); // Work gave it.
                _inbox.LeaveSent(error);
            }

            // What was posted before the lock was free relies on us.
            if (_inbox.IsEmpty || !TryEnter(MonotonicClock.Now))
            {
                break;
            }
        }

        if (slab is not null)
        {
            _loop.Slabs.Return(slab);
        }
    }

    /// <summary>
    /// As <see cref="Leave"/>, but nothing is sent: the loop has more datagrams to hand out, and calls <see cref="OnDue"/> when it has not,
    /// so that one answer goes out for all.
    /// </summary>
    public void LeaveUnsent()
    {
        try
        {
            Settle();
        }
        catch (Exception e)
        {
            Collapse(e);
        }

        Completion? decided = _decided.TakeAll();
        ConnectionFacts.Outcome outcome = _facts.Take();
        _lock.Exit();
        CompletionList.Announce(decided);
        Act(in outcome);
        if (!_inbox.IsEmpty && TryEnter(MonotonicClock.Now))
        {
            Leave();
        }
    }

    /// <summary>
    /// As <see cref="Leave"/>, for what the application wrote to a stream. When the thread pool has more work waiting, that is likely to write
    /// too: then one work item behind it sends for all, in fewer packets and system calls.
    /// </summary>
    public void LeaveWritten()
    {
        if (_isSendQueued)
        {
            LeaveUnsent();
        }
        else if (Streams.Live.Count >= MinStreamsToWaitFor && Thread.CurrentThread.IsThreadPoolThread && ThreadPool.PendingWorkItemCount > 0)
        {
            _isSendQueued = true;
            LeaveUnsent();
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
        else
        {
            Leave();
        }
    }

    /// <summary>Sends what was written: the work item of <see cref="LeaveWritten"/>.</summary>
    public void Execute()
    {
        Enter();
        _isSendQueued = false;
        Leave();
    }

    /// <summary>From now on nothing is sent, until as many calls of <see cref="Release"/>.</summary>
    public void Hold()
    {
        Enter();
        _holds++;
        LeaveUnsent();
    }

    /// <summary>Sends what was held up.</summary>
    public void Release()
    {
        Enter();
        _holds--;
        Leave();
    }

    /// <summary>Leaves a note for the holder of the lock, or acts on it at once when there is none.</summary>
    private void Nudge(HolderNotes note)
    {
        _inbox.Leave(note);
        if (TryEnter(MonotonicClock.Now))
        {
            Leave();
        }
    }

    /// <summary>Leaves a note for whoever holds the lock next, at the latest the loop, which comes at once.</summary>
    private void LeaveToLoop(HolderNotes note)
    {
        _inbox.Leave(note);
        if (_loop.Deadlines.Schedule(_deadline, MonotonicClock.Now))
        {
            _loop.Wake();
        }
    }

    /// <summary>All that is done under the lock before it is released; returns whether the slab is to be sent.</summary>
    private bool Work(int rounds, ref SendSlab? slab, out bool isWakeNeeded)
    {
        isWakeNeeded = false;
        Settle();
        if (_isFlushing || (_holds > 0 && !_isGone))
        {
            // The thread that is sending looks again when it is done, and so does the one that writes a batch.
            return false;
        }

        if (_isGone)
        {
            Closing.OnFlushed();
            return false;
        }

        if (rounds == MaxRounds)
        {
            isWakeNeeded = _loop.Deadlines.Schedule(_deadline, Now);
            return false;
        }

        slab ??= _loop.Slabs.Rent();
        bool isAll;
        do
        {
            isAll = slab.TryFill(Core, _loop.Socket.MaxSegments, Now);
        }
        while (Streams.Settle() && isAll);

        _isFlushing = !slab.IsEmpty;
        if (!_isFlushing)
        {
            Closing.OnFlushed();
            isWakeNeeded = _loop.Deadlines.Schedule(_deadline, Timestamp.Min(Core.NextTimeout, Watch.Deadline));
        }

        return _isFlushing;
    }

    /// <summary>Takes in what was posted, then lets the streams read and write.</summary>
    private void Settle()
    {
        HolderNotes notes = _inbox.Take();
        if (notes != HolderNotes.None)
        {
            ActOn(notes);
        }

        Streams.Settle();
        Watch.OnSettled(Now);
        if (Streams.NoteStarvation())
        {
            StarvedConnections.Shared.Watch(this);
        }

        if (_facts.IsDrained && !_isGone)
        {
            Forget();
        }
    }

    private void ActOn(HolderNotes notes)
    {
        if ((notes & HolderNotes.Sent) == HolderNotes.Sent)
        {
            _isFlushing = false;
        }

        if ((notes & HolderNotes.SendRefused) == HolderNotes.SendRefused)
        {
            Closing.OnSendRefused(_inbox.SendError);
        }

        if ((notes & HolderNotes.Datagrams) == HolderNotes.Datagrams && _inbox.TakeDatagrams() is { } page)
        {
            for (int i = 0; i < page.Count; i++)
            {
                Receive(page.GetDatagram(i), in page.GetArrival(i));
            }

            _inbox.Return(page);
        }

        if ((notes & HolderNotes.HandlesLost) == HolderNotes.HandlesLost)
        {
            Streams.Lost.Drop();
            Closing.CloseIfLost();
        }

        if ((notes & HolderNotes.StatelessReset) == HolderNotes.StatelessReset && !_isGone)
        {
            Core.OnStatelessReset(Now);
        }

        if ((notes & HolderNotes.Deadline) == HolderNotes.Deadline && !_isGone && Core.NextTimeout <= Now)
        {
            Core.OnTimeout(Now);
        }
    }

    private void Forget()
    {
        _isGone = true;
        _loop.Deadlines.Remove(_deadline);
        LiveConnections.Remove(this);
        Core.Dispose();
    }

    private void Act(in ConnectionFacts.Outcome outcome)
    {
        if (outcome.Suspension != TlsSuspension.None)
        {
            _host.OnSuspended(outcome.Suspension);
        }

        if (outcome.IsEarlyDataAccepted is bool isAccepted)
        {
            _host.OnEarlyData(isAccepted);
        }

        if (outcome.IsHandshakeComplete)
        {
            _host.OnCompleted();
        }

        if (outcome.Tickets is { } tickets)
        {
            tickets.ForEach(ticket => _host.OnSessionTicket(ticket.Session, ticket.Parameters));
        }

        if (outcome.AddressToken is { } token)
        {
            // Tokens come after the handshake, which settles the version.
            _host.OnAddressToken(token, (QuicVersion)Core.Version);
        }

        if (outcome.BidirectionalCredit != 0 || outcome.UnidirectionalCredit != 0)
        {
            if (Capacity?.TryGetTarget(out CapacityNotifier? notifier) == true)
            {
                notifier.Add(outcome.BidirectionalCredit, outcome.UnidirectionalCredit);
            }
        }

        if (outcome.CloseReason is { } reason)
        {
            Capacity = null;
            _host.OnClosed(reason);
        }

        if (outcome.PreferredAddress is PathAddress preferred)
        {
            ThreadPool.UnsafeQueueUserWorkItem(
                static work => _ = work.Driver.Paths.GoToPreferredAsync(work.Preferred), (Driver: this, Preferred: preferred), preferLocal: false);
        }

        outcome.Released?.ForEach(loop => _ = EndpointRegistry.ReleaseAsync(loop));
        if (outcome.IsDrained)
        {
            foreach (EndpointLoop other in Loops.Others)
            {
                _ = EndpointRegistry.ReleaseAsync(other);
            }

            _ = EndpointRegistry.ReleaseAsync(_loop);
        }
    }

    /// <summary>
    /// A defect of ours surfaced as an exception, with the lock held: the connection ends here, and the process goes on. At first it is
    /// closed as for any failure; when that fails too, it is forgotten.
    /// </summary>
    private void Collapse(Exception error)
    {
        QuiverLog.ConnectionCollapsed(QuicDiagnostics.Logger, error, Closing.Describe());
        bool isFirst = !_hasCollapsed;
        _hasCollapsed = true;
        if (_isGone)
        {
            return;
        }

        try
        {
            if (isFirst)
            {
                Core.CloseTransport(TransportErrorCode.InternalError, "internal error", error, Now);
                _inbox.Leave(HolderNotes.Deadline);
                return;
            }

            // Gives the connection ids back too.
            Core.OnTimeout(Timestamp.Never);
        }
        catch (Exception e)
        {
            QuiverLog.ConnectionCollapsed(QuicDiagnostics.Logger, e, Closing.Describe());
        }

        if (!Closing.IsClosed)
        {
            _facts.OnClosed(new CloseReason(CloseKind.LocalTransport, (ulong)TransportErrorCode.InternalError, 0, "internal error") { Cause = error });
        }

        if (!_facts.IsDrained)
        {
            _facts.OnDrained();
        }

        Forget();
        Closing.OnFlushed();
    }
}
