using System.Net;
using Quiver.Diagnostics;
using Quiver.Protocol.Connections;
using Quiver.Protocol.Endpoints;
using Quiver.Protocol.Primitives;
using Quiver.Sockets;

namespace Quiver.Driving;

/// <summary>
/// One UDP socket and the one thread that waits on it: for datagrams, for the earliest deadline of its connections, or to be woken.
/// It hands each connection its datagrams and deadlines; it runs no code of the application.
/// </summary>
internal sealed class EndpointLoop
{
    /// <summary>So many groups of datagrams in one batch tell that there is more to come.</summary>
    private const int ManyGroups = 8;

    /// <summary>Batches after which answers are sent in any case: well under a millisecond of work.</summary>
    private const int MaxBatches = 4;

    /// <summary>A group that is answered at once: waiting would make it no better.</summary>
    private const int LongGroup = 32;

    /// <summary>A socket that nobody uses stays for the next client so long.</summary>
    private static readonly TimeSpan s_linger = TimeSpan.FromSeconds(5);

    private readonly Thread _thread;
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ReceiveBatch _batch = new();
    private readonly List<ConnectionDriver> _unsent = [];
    private int _users;
    private bool _isClosing;
    private readonly IncomingDatagrams _incoming;

    public EndpointLoop(IDatagramSocket socket, bool isShared, EndpointIdentity identity)
    {
        Socket = socket;
        IsShared = isShared;
        Identity = identity;
        Endpoint = new ProtocolEndpoint<ConnectionDriver>(identity.Ids.Length);
        _incoming = new IncomingDatagrams(this);
        Listeners = new ListenerSet(this);
        LocalEndPoint = socket.LocalEndPoint;
        Address = PathAddress.From(LocalEndPoint);
        _thread = new Thread(Run) { IsBackground = true, Name = $"Quiver {LocalEndPoint}" };
    }

    public IDatagramSocket Socket { get; }

    public IPEndPoint LocalEndPoint { get; }

    /// <summary><see cref="LocalEndPoint"/> as the core has it.</summary>
    public PathAddress Address { get; }

    /// <summary>Whether clients that ask for no local address share this loop.</summary>
    public bool IsShared { get; }

    public EndpointIdentity Identity { get; }

    /// <summary>What comes that is not QUIC; null: it is dropped.</summary>
    public NonQuicDatagrams? NonQuic { get; init; }

    public ProtocolEndpoint<ConnectionDriver> Endpoint { get; }

    public ListenerSet Listeners { get; }

    public DeadlineQueue<ConnectionDriver> Deadlines { get; } = new();

    public SlabPool Slabs { get; } = new();

    /// <summary>Listeners and connections that use the loop. Written under the registry's lock, read without by the loop, which is woken.</summary>
    public int Users
    {
        get => Volatile.Read(ref _users);
        set => Volatile.Write(ref _users, value);
    }

    /// <summary>Whether the loop is ending and takes no more users. Written and read as <see cref="Users"/> is.</summary>
    public bool IsClosing
    {
        get => Volatile.Read(ref _isClosing);
        set => Volatile.Write(ref _isClosing, value);
    }

    /// <summary>Whether the application has disposed the endpoint: nobody new is let in. Written under the registry's lock.</summary>
    public bool IsEnding { get; set; }

    /// <summary>Completes when the socket is closed.</summary>
    public Task Closed => _closed.Task;

    public void Start() => _thread.Start();

    public void Wake() => Socket.Wake();

    /// <summary>Waits until the socket is closed.</summary>
    public void Join() => _thread.Join();

    private void Run()
    {
        try
        {
            while (true)
            {
                try
                {
                    if (!RunOnce())
                    {
                        return;
                    }
                }
                catch (ObjectDisposedException e) when (Socket.IsClosed)
                {
                    // The application closed the socket that it gave us.
                    OnSocketLost(e);
                    return;
                }
                catch (Exception e)
                {
                    QuiverLog.LoopFailed(QuicDiagnostics.Logger, e, LocalEndPoint);
                }
            }
        }
        finally
        {
            Socket.Dispose();
            EndpointRegistry.OnClosed(this);
            _closed.TrySetResult();
        }
    }

    private void OnSocketLost(ObjectDisposedException error)
    {
        QuiverLog.SocketLost(QuicDiagnostics.Logger, error, LocalEndPoint);
        EndpointRegistry.OnClosed(this);
        foreach (ListenerDriver listener in Listeners.Snapshot())
        {
            _ = listener.DisposeAsync();
        }

        foreach (ConnectionDriver connection in Endpoint.Snapshot())
        {
            connection.OnSocketLost(new System.Net.Sockets.SocketException((int)System.Net.Sockets.SocketError.OperationAborted));
        }
    }

    /// <summary>Waits once and sees to what came; false when the loop is to end.</summary>
    private bool RunOnce()
    {
        Timestamp until = Deadlines.StartWaiting();
        TimeSpan wait = Timeout.InfiniteTimeSpan;
        bool isUnused = Users == 0;
        if (IsClosing)
        {
            return false;
        }

        if (until != Timestamp.Never)
        {
            TimeSpan left = until - MonotonicClock.Now;
            wait = left < TimeSpan.Zero ? TimeSpan.Zero : left;
        }
        else if (isUnused)
        {
            wait = s_linger;
        }

        int count = Socket.Receive(_batch, wait);
        Deadlines.StopWaiting();
        if (count > 0)
        {
            DeliverAll();
        }

        _incoming.TakeAnswers(MonotonicClock.Now);
        ServeDeadlines(MonotonicClock.Now);
        return count > 0 || until != Timestamp.Never || !isUnused || !EndpointRegistry.TryClose(this);
    }

    /// <summary>
    /// Hands out what was received. When that was for many connections there is likely more: then the answers wait until all is handed
    /// out, so that a connection answers once and not for each of its datagrams.
    /// </summary>
    private void DeliverAll()
    {
        int batches = 0;
        try
        {
            while (_batch.Count > 0)
            {
                int groups = Deliver(MonotonicClock.Now);
                if (groups < ManyGroups || ++batches == MaxBatches)
                {
                    break;
                }

                Socket.Receive(_batch, TimeSpan.Zero);
            }
        }
        finally
        {
            foreach (ConnectionDriver connection in _unsent)
            {
                connection.IsUnsent = false;
                connection.OnDue();
            }

            _unsent.Clear();
        }
    }

    /// <summary>Consecutive datagrams of one connection are handed over under one lock; returns how many such groups there were.</summary>
    private int Deliver(Timestamp now)
    {
        ConnectionDriver? current = null;
        bool isEntered = false;
        int groups = 0;
        int inGroup = 0;
        try
        {
            for (int i = 0; i < _batch.Count; i++)
            {
                Span<byte> datagram = _batch.GetDatagram(i);
                ref readonly DatagramArrival arrival = ref _batch.GetArrival(i);
                if (_incoming.FindTarget(datagram, in arrival, now) is not { } target)
                {
                    continue;
                }

                if (!ReferenceEquals(target, current))
                {
                    Finish(current, isEntered, isLast: false, inGroup);
                    current = target;
                    isEntered = target.TryEnterToReceive(now);
                    groups++;
                    inGroup = 0;
                }

                inGroup++;
                Hand(target, isEntered, datagram, in arrival);

                // What overtook the Initial that made the connection comes after it.
                foreach ((byte[] early, DatagramArrival earlyArrival) in _incoming.TakeOvertaken())
                {
                    Hand(target, isEntered, early, in earlyArrival);
                }
            }
        }
        finally
        {
            Finish(current, isEntered, isLast: groups < ManyGroups, inGroup);
        }

        return groups;
    }

    private static void Hand(ConnectionDriver target, bool isEntered, Span<byte> datagram, in DatagramArrival arrival)
    {
        if (isEntered)
        {
            target.Receive(datagram, in arrival);
        }
        else
        {
            target.Post(datagram, in arrival);
        }
    }

    private void Finish(ConnectionDriver? connection, bool isEntered, bool isLast, int datagrams)
    {
        if (connection is null)
        {
            return;
        }

        if (!isEntered)
        {
            connection.OnPosted();
        }
        else if (isLast || datagrams >= LongGroup || connection.Loop != this)
        {
            connection.Leave();
        }
        else
        {
            if (!connection.IsUnsent)
            {
                connection.IsUnsent = true;
                _unsent.Add(connection);
            }

            connection.LeaveUnsent();
        }
    }

    private void ServeDeadlines(Timestamp now)
    {
        // A connection that is due again at once waits for its turn behind the socket.
        for (int budget = Deadlines.Count; budget > 0 && Deadlines.TryTakeDue(now, out ConnectionDriver connection); budget--)
        {
            connection.OnDue();
        }
    }
}
