using Quiver.Tests.Infrastructure;

namespace Quiver.Tests.Diagnostics;

/// <summary>What a connection tells of its streams, state by state.</summary>
public sealed class StatisticsTests
{
    [Fact]
    public async Task A_stream_is_counted_by_the_halves_that_are_open_until_it_is_gone()
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync();
        (QuicStream client, QuicStream server) = await pair.OpenAsync();
        AssertOnly(pair.Client, QuicStreamHalves.Open, isLocal: true);
        AssertOnly(pair.Server, QuicStreamHalves.Open, isLocal: false);

        client.CloseWrite();
        AssertOnly(pair.Client, QuicStreamHalves.WriteFinished, isLocal: true);
        Assert.Equal(0, await server.ReadAsync(new byte[1]).Soon());
        AssertOnly(pair.Server, QuicStreamHalves.ReadFinished, isLocal: false);

        await server.WriteAsync("hello from server"u8.ToArray(), completeWrites: true).Soon();
        await Eventually.EqualAsync(1, () => pair.Client.GetStatistics().CountStreams(QuicStreamHalves.FinishedUnread));
        AssertOnly(pair.Client, QuicStreamHalves.FinishedUnread, isLocal: true);
        Assert.Equal(17, pair.Client.GetStatistics().ReceiveBuffered);
        await Eventually.EqualAsync(0, () => pair.Server.GetStatistics().StreamsActive);

        Assert.Equal(17, await client.ReadAtLeastAsync(new byte[100], 100, throwOnEndOfStream: false).AsTask().Soon());
        AssertEmpty(pair.Client, opened: 1);
        AssertEmpty(pair.Server, opened: 1);
    }

    [Fact]
    public async Task A_stream_that_is_not_read_is_gone_when_it_is_given_up()
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync();
        (QuicStream client, QuicStream server) = await pair.OpenAsync();
        client.CloseWrite();
        await server.WriteAsync(new byte[1000], completeWrites: true).Soon();
        await Eventually.EqualAsync(1000L, () => pair.Client.GetStatistics().ReceiveBuffered);
        client.CloseRead();
        await Eventually.EqualAsync(0L, () => pair.Client.GetStatistics().StreamsActive);
        AssertEmpty(pair.Client, opened: 1);
    }

    [Fact]
    public async Task A_stream_that_nobody_accepts_is_counted_as_such_even_when_it_is_over()
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync();
        QuicStream client = await pair.Client.OpenOutboundStreamAsync(QuicStreamType.Unidirectional).Soon();
        await client.WriteAsync(new byte[] { 1, 2, 3 }, completeWrites: true).Soon();
        await Eventually.EqualAsync(1, () => pair.Server.GetStatistics().CountStreams(QuicStreamHalves.NotAccepted));
        await Eventually.EqualAsync(0L, () => pair.Client.GetStatistics().StreamsActive);
        AssertOnly(pair.Server, QuicStreamHalves.NotAccepted, isLocal: false, QuicStreamType.Unidirectional);

        QuicStream server = await pair.Server.AcceptInboundStreamAsync().Soon();
        AssertOnly(pair.Server, QuicStreamHalves.FinishedUnread, isLocal: false, QuicStreamType.Unidirectional);
        await server.DisposeAsync().Soon();
        AssertEmpty(pair.Server, opened: 1);
    }

    [Fact]
    public async Task A_disposed_stream_is_closing_until_the_peer_is_done()
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync();
        (QuicStream client, QuicStream server) = await pair.OpenAsync();
        ValueTask disposal = server.DisposeAsync();
        await client.ReadsClosed.Soon();
        AssertOnly(pair.Client, QuicStreamHalves.Closing, isLocal: true);
        await disposal.Soon();
        await Eventually.EqualAsync(0L, () => pair.Client.GetStatistics().StreamsActive);
    }

    [Fact]
    public async Task The_reports_program_leaves_nothing_although_nobody_reads_the_end()
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync();
        List<QuicStream> handles = [];
        for (int i = 0; i < 1_000; i++)
        {
            QuicStream server = await pair.Server.OpenOutboundStreamAsync(QuicStreamType.Bidirectional).Soon();
            await server.WriteAsync("hello from server"u8.ToArray()).Soon();
            server.CloseWrite();
            QuicStream client = await pair.Client.AcceptInboundStreamAsync().Soon();
            Assert.Equal(17, await client.ReadAsync(new byte[100]).Soon());
            client.CloseWrite();
            handles.AddRange([server, client]);
        }

        await Eventually.EqualAsync(0L, () => pair.Client.GetStatistics().StreamsActive + pair.Server.GetStatistics().StreamsActive);
        AssertEmpty(pair.Client, opened: 1_000);
        AssertEmpty(pair.Server, opened: 1_000);
        GC.KeepAlive(handles);
    }

    [Fact]
    public async Task Ages_and_buffers_are_those_of_the_streams()
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync();
        (QuicStream client, QuicStream _) = await pair.OpenAsync();

        // More than the stream's window of 64 KiB, of which one byte is used.
        await client.WriteAsync(new byte[150_000]).Soon();
        await Eventually.EqualAsync(65_535L, () => pair.Server.GetStatistics().ReceiveBuffered);
        await Eventually.EqualAsync(150_000L - 65_535, () => pair.Client.GetStatistics().SendBuffered);
        await Task.Delay(50);
        TimeSpan age = Assert.Single(pair.Client.GetStatistics().Streams).OldestAge;
        Assert.InRange(age, TimeSpan.FromMilliseconds(50), Bounds.Limit);
    }

    [Fact]
    public async Task Traffic_is_counted()
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync();
        (QuicStream client, QuicStream server) = await pair.OpenAsync();
        await client.WriteAsync(new byte[50_000], completeWrites: true).Soon();
        await server.CopyToAsync(Stream.Null).Soon();
        await Eventually.EqualAsync(0L, () => pair.Client.GetStatistics().BytesInFlight);
        QuicConnectionStatistics sent = pair.Client.GetStatistics();
        QuicConnectionStatistics received = pair.Server.GetStatistics();
        Assert.Equal(QuicConnectionState.Open, sent.State);
        Assert.InRange(sent.BytesSent, 50_000, 500_000);
        Assert.InRange(received.BytesReceived, 50_000, sent.BytesSent);
        Assert.InRange(received.PacketsReceived, 50_000 / 1200, sent.PacketsSent);
        Assert.InRange(sent.SmoothedRtt, sent.MinRtt, Bounds.Limit);
        Assert.True(sent.MinRtt > TimeSpan.Zero && sent.LatestRtt >= sent.MinRtt);
        Assert.True(sent.CongestionWindow > 0 && sent.PacketsLost >= 0);
    }

    [Fact]
    public async Task When_the_connection_is_gone_all_its_streams_are_closed()
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync();
        await pair.OpenAsync();
        await pair.OpenAsync();
        await pair.Client.DisposeAsync().Soon();
        Assert.Equal(QuicConnectionState.Closing, pair.Client.GetStatistics().State);
        AssertEmpty(pair.Client, opened: 2);
        await Eventually.EqualAsync(QuicConnectionState.Closing, () => pair.Server.GetStatistics().State);
        AssertEmpty(pair.Server, opened: 2);
    }

    [Fact]
    public async Task A_snapshot_lists_connections_and_their_streams()
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync();
        (QuicStream client, QuicStream server) = await pair.OpenAsync();
        await server.WriteAsync(new byte[10]).Soon();
        await Eventually.EqualAsync(10L, () => pair.Client.GetStatistics().ReceiveBuffered);
        client.CloseWrite();

        IReadOnlyList<QuicConnectionSnapshot> all = QuicDiagnostics.Snapshot();
        QuicConnectionSnapshot ours = Assert.Single(all, connection => !connection.IsServer && Equals(connection.RemoteEndPoint, pair.Client.RemoteEndPoint));
        QuicConnectionSnapshot theirs = Assert.Single(all, connection => connection.IsServer && Equals(connection.LocalEndPoint, pair.Server.LocalEndPoint));
        QuicStreamSnapshot stream = Assert.Single(ours.Streams);
        Assert.Equal(client.Id, stream.Id);
        Assert.Equal((true, QuicStreamHalves.WriteFinished, 10L), (stream.IsLocal, stream.Halves, stream.ReceiveBuffered));
        Assert.True(stream.Age >= stream.Untouched);
        Assert.Equal(1, ours.Statistics.StreamsActive);
        Assert.Equal(server.Id, Assert.Single(theirs.Streams).Id);
    }

    private static void AssertOnly(
        QuicConnection connection, QuicStreamHalves halves, bool isLocal, QuicStreamType type = QuicStreamType.Bidirectional)
    {
        QuicStreamGroup group = Assert.Single(connection.GetStatistics().Streams);
        Assert.Equal((halves, isLocal, type, 1), (group.Halves, group.IsLocal, group.Type, group.Count));
    }

    private static void AssertEmpty(QuicConnection connection, long opened)
    {
        QuicConnectionStatistics statistics = connection.GetStatistics();
        Assert.Empty(statistics.Streams);
        Assert.Equal((opened, opened, 0L), (statistics.StreamsOpened, statistics.StreamsClosed, statistics.StreamsActive));
        Assert.Equal((0L, 0L), (statistics.SendBuffered, statistics.ReceiveBuffered));
    }
}
