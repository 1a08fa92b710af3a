using Quiver.Protocol.Connections;
using Quiver.Protocol.Primitives;
using Quiver.Simulation.Endpoints;

namespace Quiver.Simulation.Network;

/// <summary>
/// Two endpoints, a network between them, a virtual clock and one seed. Runs events in order of time; the same seed gives the same run.
/// </summary>
internal sealed class World : IDisposable
{
    /// <summary>Steps at one instant after which something must be spinning.</summary>
    private const int MaxStepsAtOneTime = 200_000;

    public const long UnixMillisecondsAtZero = 1_800_000_000_000;

    private readonly PriorityQueue<(SimEndpoint Target, SimDatagram Datagram), (long Ticks, long Order)> _inFlight = new();
    private readonly INetworkNode[] _toServer;
    private readonly INetworkNode[] _toClient;
    private readonly int[] _sent = new int[2];
    private long _order;

    public World(int seed, INetworkNode[] toServer, INetworkNode[] toClient, SimServerOptions? server = null, int clientIds = 8, int serverIds = 8)
    {
        Seed = seed;
        Random = new SeededRandom(seed);
        Now = new Timestamp(TimeSpan.FromHours(1).Ticks);
        _toServer = toServer;
        _toClient = toClient;
        Client = new SimEndpoint(this, PathAddress.FromIPv4(0x0A000001, 50000), null, clientIds);
        Server = new SimEndpoint(this, PathAddress.FromIPv4(0x0A000002, 443), server ?? new SimServerOptions(), serverIds);
    }

    public int Seed { get; }

    public SeededRandom Random { get; }

    public Timestamp Now { get; private set; }

    /// <summary>The clock on the wall: the world begins some time after 2026.</summary>
    public long UnixMilliseconds => UnixMillisecondsAtZero + (Now.Ticks / TimeSpan.TicksPerMillisecond);

    public SimEndpoint Client { get; }

    public SimEndpoint Server { get; }

    /// <summary>Called with every datagram as it is sent, before the network has its way.</summary>
    public Action<SimEndpoint, SimDatagram>? OnSent { get; set; }

    /// <summary>Whether streams may carry something else than the pattern: an attacker writes what it likes.</summary>
    public bool AllowsForeignData { get; set; }

    public int SentBy(SimEndpoint endpoint) => _sent[endpoint == Client ? 0 : 1];

    public void Send(SimEndpoint from, ReadOnlySpan<byte> bytes, in OutgoingDatagram datagram)
    {
        int direction = from == Client ? 0 : 1;
        var sent = new SimDatagram(bytes.ToArray(), new DatagramArrival(datagram.Remote, datagram.Local, datagram.Ecn), _sent[direction]++);
        OnSent?.Invoke(from, sent);
        Pass(sent, direction == 0 ? _toServer : _toClient, 0, direction == 0 ? Server : Client, TimeSpan.Zero);
    }

    /// <summary>Puts any bytes in front of an endpoint.</summary>
    public void Inject(SimEndpoint target, byte[] bytes, in DatagramArrival arrival) =>
        _inFlight.Enqueue((target, new SimDatagram(bytes, arrival, -1)), (Now.Ticks, _order++));

    /// <summary>Runs until the condition holds; false if the virtual time runs out first.</summary>
    public bool RunUntil(Func<bool> condition, TimeSpan limit)
    {
        Timestamp end = Now + limit;
        int steps = 0;
        Flush();
        while (!condition())
        {
            Timestamp next = NextEvent();
            if (next > end)
            {
                Now = end;
                return false;
            }

            steps = next > Now ? 0 : steps + 1;
            if (steps > MaxStepsAtOneTime)
            {
                throw new InvalidOperationException($"seed {Seed}: the simulation spins at {Now}");
            }

            Now = Timestamp.Max(Now, next);
            Step();
            Flush();
        }

        return true;
    }

    public void Run(TimeSpan time) => RunUntil(() => false, time);

    public void Dispose()
    {
        Client.Dispose();
        Server.Dispose();
    }

    private void Pass(SimDatagram datagram, INetworkNode[] nodes, int index, SimEndpoint target, TimeSpan delay)
    {
        if (index == nodes.Length)
        {
            _inFlight.Enqueue((target, datagram), ((Now + delay).Ticks, _order++));
            return;
        }

        nodes[index].Send(datagram, this, (passed, more) => Pass(passed, nodes, index + 1, target, delay + more));
    }

    private Timestamp NextEvent()
    {
        Timestamp next = Timestamp.Min(Client.NextTimeout, Server.NextTimeout);
        return _inFlight.TryPeek(out _, out (long Ticks, long Order) priority) ? Timestamp.Min(next, new Timestamp(priority.Ticks)) : next;
    }

    private void Step()
    {
        while (_inFlight.TryPeek(out _, out (long Ticks, long Order) priority) && priority.Ticks <= Now.Ticks)
        {
            (SimEndpoint target, SimDatagram datagram) = _inFlight.Dequeue();
            target.Receive(datagram);
        }

        Client.OnTimeout();
        Server.OnTimeout();
    }

    private void Flush()
    {
        Client.Flush();
        Server.Flush();
    }
}
