using Quiver.Protocol.Primitives;
using Quiver.Protocol.Streams;
using Quiver.Simulation.Endpoints;
using Quiver.Simulation.Network;
using Quiver.Testing;

namespace Quiver.Simulation.Tests;

/// <summary>
/// A hundred thousand streams of which one side takes no proper care, one row for each way in which another stack leaks: here a half is
/// freed by the wire, nobody stalls, and all credit comes back to the byte.
/// </summary>
public sealed class StreamChurnTests(ITestOutputHelper output)
{
    private const int Streams = 100_000;
    private const int Limit = 200;
    private static readonly byte[] s_hello = "hello from server"u8.ToArray();

    public enum Row
    {
        OpenerWritesAndFinishesAndNeverReads,
        AcceptorReadsExactlyWhatWasSentAndFinishes,
        OpenerIgnoresStopSending,
        AcceptorIgnoresAUnidirectionalStream,
        AcceptorEndsBothHalvesUnread,
        OpenerResetsAtOnce,
    }

    public static TheoryData<Row, bool, bool> Rows
    {
        get
        {
            var rows = new TheoryData<Row, bool, bool>();
            foreach (Row row in Enum.GetValues<Row>())
            {
                rows.Add(row, true, true);
                rows.Add(row, true, false);
                rows.Add(row, false, true);
                rows.Add(row, false, false);
            }

            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(Rows))]
    [Rfc(9000, "3.1")]
    [Rfc(9000, "3.2")]
    [Rfc(9000, "4.1")]
    [Rfc(9000, "4.6")]
    public void Nothing_is_left(Row row, bool isServerOpening, bool isLossy)
    {
        using World world = CreateWorld((int)row + 1, isLossy);
        output.WriteLine($"seed {world.Seed}");
        (SimConnection client, SimConnection server) = Connect(world);
        var churn = new Churn(row, isServerOpening ? server : client, isServerOpening ? client : server, Streams);
        Assert.True(world.RunUntil(churn.Act, TimeSpan.FromHours(2)), $"seed {world.Seed}: stalled after {churn.Opened} streams");
        world.Run(TimeSpan.FromSeconds(10));
        churn.AssertNothingLeft();
    }

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 60)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void When_the_connection_dies_meanwhile_nothing_is_left_either(int seed)
    {
        using World world = CreateWorld(seed, isLossy: true);
        output.WriteLine($"seed {world.Seed}");
        (SimConnection client, SimConnection server) = Connect(world);
        var churn = new Churn((Row)(seed % Enum.GetValues<Row>().Length), seed % 2 == 0 ? server : client, seed % 2 == 0 ? client : server, Streams);
        int after = world.Random.Next(Streams / 20);
        Assert.True(world.RunUntil(() => churn.Act() || churn.Opened >= after, TimeSpan.FromHours(2)));
        (seed % 3 == 0 ? server : client).Connection.Close(7, "enough", world.Now);
        Assert.True(world.RunUntil(() => client.Closed is not null && server.Closed is not null, TimeSpan.FromMinutes(20)));
        Assert.Equal(0, client.Connection.StreamCount);
        Assert.Equal(0, server.Connection.StreamCount);
        Assert.False(client.Connection.TryOpenStream(StreamDirection.Bidirectional, out _));
    }

    [Fact, Rfc(9000, "4.6")]
    public void Streams_that_nobody_accepts_stop_the_opener_at_the_limit_and_accepting_them_gives_the_credit_back()
    {
        using World world = CreateWorld(9, isLossy: false);
        (SimConnection client, SimConnection server) = Connect(world);
        server.OnOpened = (_, _) => { };
        for (int i = 0; i < Limit; i++)
        {
            Assert.True(client.Connection.TryOpenStream(StreamDirection.Bidirectional, out QuicStreamState? stream));
            stream!.Send!.Write(s_hello);
            stream.Send.Reset(3);
            stream.Receive!.Stop(3);
        }

        world.Run(TimeSpan.FromSeconds(2));

        // Reset and stopped before anybody accepted them: over on the wire, and still offered to the application.
        Assert.Equal(0, server.Connection.StreamCount);
        Assert.Equal(Limit, server.Opened.Count);
        Assert.False(client.Connection.TryOpenStream(StreamDirection.Bidirectional, out _));
        server.Opened.ForEach(server.Connection.OnStreamAccepted);
        server.Opened.ForEach(server.Connection.OnStreamAccepted);
        Assert.True(world.RunUntil(() => client.Connection.TryOpenStream(StreamDirection.Bidirectional, out _), TimeSpan.FromSeconds(2)));
        Assert.All(server.Opened, stream => Assert.Equal(3UL, stream.Receive!.ResetErrorCode));
        Assert.All(server.Opened, stream => Assert.Equal(3UL, stream.Send!.StopErrorCode));
        Assert.Equal((ulong)Limit, server.Connection.Streams!.Table.Incoming(StreamDirection.Bidirectional).Available);
    }

    private static World CreateWorld(int seed, bool isLossy)
    {
        var delay = new Delay(TimeSpan.FromMilliseconds(5));
        INetworkNode[] Nodes() => isLossy ? [delay, new Loss(0.02), new Reorder(0.05, TimeSpan.FromMilliseconds(8))] : [delay];
        return new World(seed, Nodes(), Nodes(), new SimServerOptions { Configure = Narrow });
    }

    /// <summary>Little credit of every kind: what does not come back is missed soon.</summary>
    private static Protocol.Connections.ConnectionSettings Narrow(Protocol.Connections.ConnectionSettings settings) => settings with
    {
        MaxInboundBidirectionalStreams = Limit,
        MaxInboundUnidirectionalStreams = Limit,
        ConnectionReceiveWindow = 16 << 10,
        MaxStreamReceiveWindow = 4 << 10,
        LocalBidirectionalReceiveWindow = 4 << 10,
        RemoteBidirectionalReceiveWindow = 4 << 10,
        UnidirectionalReceiveWindow = 4 << 10,
    };

    private static (SimConnection Client, SimConnection Server) Connect(World world)
    {
        SimConnection client = world.Client.Connect(Narrow);
        Assert.True(world.RunUntil(() => client.IsConnected && world.Server.Connections is [{ IsConnected: true }], TimeSpan.FromMinutes(1)));
        return (client, world.Server.Connections[0]);
    }

    /// <summary>Opens streams as fast as credit allows; the two sides behave as the row says.</summary>
    private sealed class Churn
    {
        private readonly Row _row;
        private readonly SimConnection _opener;
        private readonly SimConnection _acceptor;
        private readonly int _total;
        private readonly Queue<Party> _ready = new();
        private readonly byte[] _buffer = new byte[17];

        public Churn(Row row, SimConnection opener, SimConnection acceptor, int total)
        {
            _row = row;
            _opener = opener;
            _acceptor = acceptor;
            _total = total;
            acceptor.OnOpened = (connection, state) =>
            {
                connection.Connection.OnStreamAccepted(state);
                _ready.Enqueue(new Party(this, state, isOpener: false));
            };
        }

        public int Opened { get; private set; }

        private StreamDirection Direction =>
            _row == Row.AcceptorIgnoresAUnidirectionalStream ? StreamDirection.Unidirectional : StreamDirection.Bidirectional;

        /// <summary>Does what there is to do; true when all streams were opened and are over.</summary>
        public bool Act()
        {
            while (_ready.TryDequeue(out Party? party))
            {
                party.IsReady = false;
                Act(party);
            }

            while (Opened < _total && _opener.Connection.TryOpenStream(Direction, out QuicStreamState? state))
            {
                Opened++;
                var party = new Party(this, state!, isOpener: true);
                state!.Send!.Write(s_hello);
                if (_row == Row.OpenerResetsAtOnce)
                {
                    state.Send.Reset(1);
                    state.Receive!.Stop(1);
                }
                else if (_row != Row.OpenerIgnoresStopSending)
                {
                    state.Send.Finish();
                }

                GC.KeepAlive(party);
            }

            return Opened == _total && _opener.Connection.StreamCount == 0 && _acceptor.Connection.StreamCount == 0;
        }

        public void AssertNothingLeft()
        {
            StreamContext sender = _opener.Connection.Streams!;
            StreamContext receiver = _acceptor.Connection.Streams!;
            Assert.Equal(0, sender.Table.Count);
            Assert.Equal(0, receiver.Table.Count);
            Assert.Equal((ulong)_total, sender.Table.Outgoing(Direction).Opened);
            Assert.Equal((ulong)_total, receiver.Table.Incoming(Direction).Opened);
            Assert.Equal((ulong)Limit, receiver.Table.Incoming(Direction).Available);
            Assert.Equal(receiver.ReceiveCredit.Received, receiver.ReceiveCredit.Consumed);
            Assert.Equal(sender.ReceiveCredit.Received, sender.ReceiveCredit.Consumed);
            Assert.Equal(sender.SendCredit.Used, receiver.ReceiveCredit.Received);
            Assert.Equal(receiver.SendCredit.Used, sender.ReceiveCredit.Received);
            Assert.False(sender.Scheduler.HasFrames || sender.Scheduler.IsBlockedByConnection || sender.Control.HasFrames);
            Assert.False(receiver.Scheduler.HasFrames || receiver.Scheduler.IsBlockedByConnection || receiver.Control.HasFrames);
        }

        private void Act(Party party)
        {
            QuicStreamState state = party.State;
            if (state.IsFreed)
            {
                // The garbage collector finds the handle, if there was something left in it.
                state.Receive?.Stop(1);
                return;
            }

            if (party.IsOpener)
            {
                return;
            }

            switch (_row)
            {
                case Row.OpenerWritesAndFinishesAndNeverReads when state.Receive!.Available == s_hello.Length && !state.Send!.IsFinishing:
                    state.Receive.Read(_buffer);
                    state.Send.Write(s_hello);
                    state.Send.Finish();
                    break;
                case Row.AcceptorReadsExactlyWhatWasSentAndFinishes when state.Receive!.Available == s_hello.Length:
                    Assert.Equal(s_hello.Length, state.Receive.Read(_buffer));
                    state.Send!.Finish();
                    break;
                case Row.OpenerIgnoresStopSending or Row.AcceptorEndsBothHalvesUnread:
                    state.Receive!.Stop(2);
                    state.Send!.Finish();
                    break;
                case Row.OpenerResetsAtOnce:
                    state.Send?.Finish();
                    break;
                default:
                    break;
            }
        }

        private sealed class Party : IStreamEvents
        {
            private readonly Churn _churn;

            public Party(Churn churn, QuicStreamState state, bool isOpener)
            {
                _churn = churn;
                State = state;
                IsOpener = isOpener;
                IsReady = !isOpener; // It is queued by whoever accepted it.
                state.Events = this;
            }

            public QuicStreamState State { get; }

            public bool IsOpener { get; }

            public bool IsReady { get; set; }

            public void OnReadable() => Enqueue();

            public void OnWritable() => Enqueue();

            public void OnSendStopped(ulong errorCode) => Enqueue();

            public void OnSendFinished() => Enqueue();

            public void OnReceiveReset(ulong errorCode) => Enqueue();

            public void OnStreamFreed() => Enqueue();

            private void Enqueue()
            {
                if (!IsReady)
                {
                    IsReady = true;
                    _churn._ready.Enqueue(this);
                }
            }
        }
    }
}
