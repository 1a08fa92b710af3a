using System.Runtime.CompilerServices;
using Quiver.Protocol.Primitives;
using Quiver.Protocol.Streams;
using Quiver.Tests.Infrastructure;

namespace Quiver.Tests;

/// <summary>
/// A hundred thousand streams over loopback in each way of using them wrongly, and the right one: nobody stalls, and nothing is left: no
/// stream, no credit, no memory.
/// </summary>
[Collection("Leaks are counted for the whole process")]
public sealed class StreamChurnTests
{
    private const int Warmup = 10_000;
    private const int Streams = 100_000;
    private const int Concurrent = 100;
    private const long Slack = 1 << 20;
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(2);
    private static readonly byte[] s_hello = "hello from server"u8.ToArray();

    [Theory]
    [InlineData(AcceptorWay.Close, OpenerWay.Dispose, true)]
    [InlineData(AcceptorWay.Close, OpenerWay.Dispose, false)]
    [InlineData(AcceptorWay.Close, OpenerWay.Drop, true)]
    [InlineData(AcceptorWay.Drop, OpenerWay.Dispose, true)]
    [InlineData(AcceptorWay.Drop, OpenerWay.Drop, false, 1_000)]
    [InlineData(AcceptorWay.Drop, OpenerWay.Drop, true, 1_000)]
    [InlineData(AcceptorWay.ReadOnce, OpenerWay.Dispose, true)]
    [InlineData(AcceptorWay.ReadOnce, OpenerWay.Dispose, false)]
    [InlineData(AcceptorWay.ReadOnce, OpenerWay.Drop, true)]
    [InlineData(AcceptorWay.Dispose, OpenerWay.Dispose, true)]
    [InlineData(AcceptorWay.Dispose, OpenerWay.Dispose, false)]
    [InlineData(AcceptorWay.Dispose, OpenerWay.Drop, false)]
    public async Task Nothing_is_left_of_bidirectional_streams(AcceptorWay acceptor, OpenerWay opener, bool isServerOpening, int limit = Concurrent) =>
        await ChurnAsync(QuicStreamType.Bidirectional, acceptor, opener, isServerOpening, limit);

    [Theory]
    [InlineData(AcceptorWay.Drop, true)]
    [InlineData(AcceptorWay.ReadOnce, false)]
    [InlineData(AcceptorWay.Dispose, true)]
    public async Task Nothing_is_left_of_unidirectional_streams(AcceptorWay acceptor, bool isServerOpening) =>
        await ChurnAsync(QuicStreamType.Unidirectional, acceptor, OpenerWay.Dispose, isServerOpening, Concurrent);

    [Fact]
    public async Task Streams_that_nobody_accepts_stop_at_the_limit_and_go_with_the_connection()
    {
        const int Limit = 20_000;
        await using ConnectedPair pair = await ConnectedPair.CreateAsync(client => client.MaxInboundBidirectionalStreams = Limit);
        long before = Collecting.Measure();
        for (int i = 0; i < Limit; i++)
        {
            await OpenAsync(pair.Server, QuicStreamType.Bidirectional, OpenerWay.Dispose);
        }

        // Each was ended by the opener in both halves; ours is open for the answer until somebody accepts it or the connection ends.
        Task<QuicStream> next = pair.Server.OpenOutboundStreamAsync(QuicStreamType.Bidirectional).AsTask();
        await Collecting.UntilAsync(() => Unaccepted(pair.Client) == Limit && StreamCounts.OnWire(pair.Client) == 0);
        Assert.False(next.IsCompleted);
        long each = (Collecting.Measure() - before) / Limit;
        Assert.InRange(each, 0, 3_000);

        await pair.Client.DisposeAsync().Soon();
        await AssertQuic.ErrorAsync(QuicError.ConnectionAborted, Loopback.CloseError, () => next);
        Assert.Equal(0, Unaccepted(pair.Client));
    }

    private static async Task ChurnAsync(QuicStreamType type, AcceptorWay acceptor, OpenerWay opener, bool isServerOpening, int limit)
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync(
            client => client.MaxInboundBidirectionalStreams = client.MaxInboundUnidirectionalStreams = limit,
            server => server.MaxInboundBidirectionalStreams = server.MaxInboundUnidirectionalStreams = limit);
        QuicConnection from = isServerOpening ? pair.Server : pair.Client;
        QuicConnection to = isServerOpening ? pair.Client : pair.Server;
        await RunAsync(from, to, type, acceptor, opener, Warmup);
        long early = await MeasureAsync(from, to, type, Warmup, limit);
        await RunAsync(from, to, type, acceptor, opener, Streams - Warmup);
        long late = await MeasureAsync(from, to, type, Streams, limit);
        Assert.True(late - early < Slack, $"the heap grew from {early} to {late} bytes");
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task RunAsync(
        QuicConnection from, QuicConnection to, QuicStreamType type, AcceptorWay acceptor, OpenerWay opener, int count)
    {
        Task accepting = Task.Run(() => AcceptAllAsync(to, acceptor, count));
        Task opening = Task.Run(() => OpenAllAsync(from, type, opener, count));
        await Task.WhenAll(accepting, opening).WaitAsync(s_limit);
    }

    /// <summary>Waits until nothing is left and checks the accounts; returns the bytes on the heap.</summary>
    private static async Task<long> MeasureAsync(QuicConnection from, QuicConnection to, QuicStreamType type, int count, int limit)
    {
        await Collecting.UntilAsync(() => StreamCounts.Live(from) == 0 && StreamCounts.Live(to) == 0);
        Assert.Equal(0, StreamCounts.OnWire(from));
        Assert.Equal(0, StreamCounts.OnWire(to));
        Assert.Equal(0, Unaccepted(to));
        var direction = (StreamDirection)(type == QuicStreamType.Bidirectional ? 0 : 1);
        StreamContext sender = from.Driver.Core.Streams!;
        StreamContext receiver = to.Driver.Core.Streams!;
        to.Driver.Enter();
        Assert.Equal((ulong)count, receiver.Table.Incoming(direction).Opened);
        Assert.Equal((ulong)limit, receiver.Table.Incoming(direction).Available);
        Assert.Equal((ulong)(count * s_hello.Length), receiver.ReceiveCredit.Received);
        Assert.Equal(receiver.ReceiveCredit.Received, receiver.ReceiveCredit.Consumed);
        to.Driver.Leave();
        from.Driver.Enter();
        Assert.Equal((ulong)count, sender.Table.Outgoing(direction).Opened);
        Assert.Equal((ulong)(count * s_hello.Length), sender.SendCredit.Used);
        Assert.Equal(sender.ReceiveCredit.Received, sender.ReceiveCredit.Consumed);
        from.Driver.Leave();
        return Collecting.Measure();
    }

    private static async Task OpenAllAsync(QuicConnection connection, QuicStreamType type, OpenerWay way, int count)
    {
        for (int i = 0; i < count; i++)
        {
            await OpenAsync(connection, type, way);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async ValueTask OpenAsync(QuicConnection connection, QuicStreamType type, OpenerWay way)
    {
        QuicStream stream = await connection.OpenOutboundStreamAsync(type);
        await stream.WriteAsync(s_hello, completeWrites: true);
        if (way == OpenerWay.Dispose)
        {
            _ = stream.DisposeAsync().AsTask();
        }
    }

    private static async Task AcceptAllAsync(QuicConnection connection, AcceptorWay way, int count)
    {
        byte[] buffer = new byte[s_hello.Length];
        for (int i = 0; i < count; i++)
        {
            await AcceptAsync(connection, way, buffer);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async ValueTask AcceptAsync(QuicConnection connection, AcceptorWay way, byte[] buffer)
    {
        QuicStream stream = await connection.AcceptInboundStreamAsync();
        if (way is AcceptorWay.ReadOnce or AcceptorWay.Dispose)
        {
            await stream.ReadExactlyAsync(buffer);
        }

        if (way is AcceptorWay.Close or AcceptorWay.ReadOnce)
        {
            if (stream.CanWrite)
            {
                stream.CloseWrite();
            }
        }
        else if (way == AcceptorWay.Dispose)
        {
            _ = stream.DisposeAsync().AsTask();
        }
    }

    private static int Unaccepted(QuicConnection connection)
    {
        connection.Driver.Enter();
        try
        {
            return connection.Driver.Streams.UnacceptedCount;
        }
        finally
        {
            connection.Driver.Leave();
        }
    }
}
