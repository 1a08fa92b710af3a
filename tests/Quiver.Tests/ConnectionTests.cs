using System.Collections.Concurrent;
using Quiver.Tests.Infrastructure;

namespace Quiver.Tests;

/// <summary>Opening and accepting streams, stream credit, closing and disposing.</summary>
public sealed class ConnectionTests
{
    [Fact]
    public async Task Ids_are_given_on_open_by_type_and_initiator()
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync();
        Assert.Equal(0, (await pair.Client.OpenOutboundStreamAsync(QuicStreamType.Bidirectional).Soon()).Id);
        Assert.Equal(4, (await pair.Client.OpenOutboundStreamAsync(QuicStreamType.Bidirectional).Soon()).Id);
        Assert.Equal(2, (await pair.Client.OpenOutboundStreamAsync(QuicStreamType.Unidirectional).Soon()).Id);
        Assert.Equal(1, (await pair.Server.OpenOutboundStreamAsync(QuicStreamType.Bidirectional).Soon()).Id);
        Assert.Equal(3, (await pair.Server.OpenOutboundStreamAsync(QuicStreamType.Unidirectional).Soon()).Id);
    }

    [Fact]
    public async Task Nothing_goes_on_the_wire_before_a_stream_is_used()
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync();
        QuicStream unused = await pair.Client.OpenOutboundStreamAsync(QuicStreamType.Unidirectional).Soon();
        QuicStream used = await pair.Client.OpenOutboundStreamAsync(QuicStreamType.Bidirectional).Soon();
        await used.WriteAsync(new byte[1]).Soon();
        QuicStream accepted = await pair.Server.AcceptInboundStreamAsync().Soon();
        Assert.Equal(used.Id, accepted.Id);
        await unused.WriteAsync(new byte[1]).Soon();
        Assert.Equal(unused.Id, (await pair.Server.AcceptInboundStreamAsync().Soon()).Id);
    }

    [Fact]
    public async Task Opening_pends_until_the_peer_allows_it_and_is_served_in_order()
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync(server: options => options.MaxInboundUnidirectionalStreams = 1);
        QuicStream first = await pair.Client.OpenOutboundStreamAsync(QuicStreamType.Unidirectional).Soon();
        Task<QuicStream> second = pair.Client.OpenOutboundStreamAsync(QuicStreamType.Unidirectional).Soon();
        Task<QuicStream> third = pair.Client.OpenOutboundStreamAsync(QuicStreamType.Unidirectional).Soon();
        Assert.False(second.IsCompleted);

        await FinishUnidirectionalAsync(pair, first);
        Assert.Equal(6, (await second).Id);
        Assert.False(third.IsCompleted);
        await FinishUnidirectionalAsync(pair, await second);
        Assert.Equal(10, (await third).Id);
    }

    [Fact]
    public async Task Cancelling_a_pending_open_gives_its_place_to_the_next()
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync(server: options => options.MaxInboundUnidirectionalStreams = 1);
        QuicStream first = await pair.Client.OpenOutboundStreamAsync(QuicStreamType.Unidirectional).Soon();
        using var cancellation = new CancellationTokenSource();
        Task<QuicStream> second = pair.Client.OpenOutboundStreamAsync(QuicStreamType.Unidirectional, cancellation.Token).Soon();
        Task<QuicStream> third = pair.Client.OpenOutboundStreamAsync(QuicStreamType.Unidirectional).Soon();
        await cancellation.CancelAsync();
        OperationCanceledException e = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        Assert.Equal(cancellation.Token, e.CancellationToken);
        await FinishUnidirectionalAsync(pair, first);
        Assert.Equal(6, (await third).Id);
    }

    [Fact]
    public async Task Credit_comes_back_only_when_a_stream_was_accepted_and_has_ended_on_both_sides()
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync(server: options => options.MaxInboundBidirectionalStreams = 1);
        QuicStream first = await pair.Client.OpenOutboundStreamAsync(QuicStreamType.Bidirectional).Soon();
        Task<QuicStream> second = pair.Client.OpenOutboundStreamAsync(QuicStreamType.Bidirectional).Soon();
        await first.WriteAsync(new byte[1], completeWrites: true).Soon();
        await first.WritesClosed.Soon();
        Assert.False(second.IsCompleted, "not accepted");

        QuicStream accepted = await pair.Server.AcceptInboundStreamAsync().Soon();
        Assert.Equal(1, await accepted.ReadAsync(new byte[8]).Soon());
        Assert.Equal(0, await accepted.ReadAsync(new byte[8]).Soon());
        Assert.False(second.IsCompleted, "half open");

        accepted.CompleteWrites();
        Assert.Equal(0, await first.ReadAsync(new byte[8]).Soon());
        Assert.Equal(4, (await second).Id);
    }

    [Fact]
    public async Task A_stream_that_ended_before_it_was_accepted_gives_its_credit_back_when_it_is()
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync(server: options => options.MaxInboundUnidirectionalStreams = 1);
        QuicStream first = await pair.Client.OpenOutboundStreamAsync(QuicStreamType.Unidirectional).Soon();
        await first.WriteAsync(new byte[1], completeWrites: true).Soon();
        await first.WritesClosed.Soon();
        Task<QuicStream> second = pair.Client.OpenOutboundStreamAsync(QuicStreamType.Unidirectional).Soon();
        Assert.False(second.IsCompleted);
        await using QuicStream accepted = await pair.Server.AcceptInboundStreamAsync().Soon();
        Assert.Equal(6, (await second).Id);
    }

    [Fact]
    public async Task Accepting_where_the_peer_may_open_nothing_is_an_invalid_operation()
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync(client: options =>
        {
            options.MaxInboundBidirectionalStreams = 0;
            options.MaxInboundUnidirectionalStreams = 0;
        });
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await pair.Client.AcceptInboundStreamAsync());
    }

    [Fact]
    public async Task Cancelling_an_accept_ends_the_wait_only()
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync();
        using var cancellation = new CancellationTokenSource();
        Task<QuicStream> accept = pair.Server.AcceptInboundStreamAsync(cancellation.Token).Soon();
        await cancellation.CancelAsync();
        OperationCanceledException e = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => accept);
        Assert.Equal(cancellation.Token, e.CancellationToken);
        await pair.OpenAsync();
    }

    [Fact]
    public async Task Several_accepts_may_wait_at_once()
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync();
        Task<QuicStream>[] accepts = [.. Enumerable.Range(0, 3).Select(_ => pair.Server.AcceptInboundStreamAsync().Soon())];
        for (int i = 0; i < accepts.Length; i++)
        {
            QuicStream stream = await pair.Client.OpenOutboundStreamAsync(QuicStreamType.Bidirectional).Soon();
            await stream.WriteAsync(new byte[1]).Soon();
        }

        QuicStream[] accepted = await Task.WhenAll(accepts);
        Assert.Equal([0, 4, 8], accepted.Select(stream => stream.Id).Order());
    }

    [Fact]
    public async Task The_capacity_callback_tells_the_first_limits_then_each_increase()
    {
        var calls = new BlockingCollection<QuicStreamCapacityChangedArgs>();
        QuicConnection? sender = null;
        bool isPool = false;
        await using ConnectedPair pair = await ConnectedPair.CreateAsync(
            client: options => options.StreamCapacityCallback = (connection, args) =>
            {
                sender = connection;
                isPool = Thread.CurrentThread.IsThreadPoolThread;
                calls.Add(args);
            },
            server: options =>
            {
                options.MaxInboundBidirectionalStreams = 3;
                options.MaxInboundUnidirectionalStreams = 2;
            });
        Assert.True(calls.TryTake(out QuicStreamCapacityChangedArgs first, Bounds.Limit));
        Assert.Equal(3, first.BidirectionalIncrement);
        Assert.Equal(2, first.UnidirectionalIncrement);
        Assert.Same(pair.Client, sender);
        Assert.True(isPool);

        int returned = 0;
        for (int i = 0; i < 2; i++)
        {
            await FinishUnidirectionalAsync(pair, await pair.Client.OpenOutboundStreamAsync(QuicStreamType.Unidirectional).Soon());
        }

        while (returned < 2)
        {
            Assert.True(calls.TryTake(out QuicStreamCapacityChangedArgs next, Bounds.Limit));
            Assert.Equal(0, next.BidirectionalIncrement);
            Assert.NotEqual(0, next.UnidirectionalIncrement);
            returned += next.UnidirectionalIncrement;
        }

        Assert.Equal(2, returned);
    }

    [Fact]
    public async Task What_the_capacity_callback_throws_is_ignored()
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync(
            client: options => options.StreamCapacityCallback = (_, _) => throw new FormatException());
        await pair.OpenAsync();
    }

    [Fact]
    public async Task The_capacity_callback_is_not_called_for_nothing()
    {
        int calls = 0;
        await using ConnectedPair pair = await ConnectedPair.CreateAsync(
            client: options => options.StreamCapacityCallback = (_, _) => Interlocked.Increment(ref calls),
            server: options =>
            {
                options.MaxInboundBidirectionalStreams = 0;
                options.MaxInboundUnidirectionalStreams = 0;
            });
        await pair.Client.CloseAsync(0).Soon();
        Assert.Equal(0, calls);
    }

    [Fact]
    public async Task Closing_tells_the_peer_the_code_and_ends_everything_on_both_sides()
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync();
        (QuicStream client, QuicStream server) = await pair.OpenAsync();
        Task<int> clientRead = client.ReadAsync(new byte[1]).Soon();
        Task<int> serverRead = server.ReadAsync(new byte[1]).Soon();
        Task<QuicStream> clientAccept = pair.Client.AcceptInboundStreamAsync().Soon();
        Task<QuicStream> serverAccept = pair.Server.AcceptInboundStreamAsync().Soon();
        await pair.Client.CloseAsync(77).Soon();

        foreach (Task local in new Task[] { clientRead, clientAccept, client.ReadsClosed, client.WritesClosed })
        {
            QuicException e = await Assert.ThrowsAsync<QuicException>(() => local.Soon());
            Assert.Equal(QuicError.OperationAborted, e.QuicError);
            Assert.Null(e.ApplicationErrorCode);
        }

        foreach (Task remote in new Task[] { serverRead, serverAccept, server.ReadsClosed, server.WritesClosed })
        {
            QuicException e = await Assert.ThrowsAsync<QuicException>(() => remote.Soon());
            Assert.Equal(QuicError.ConnectionAborted, e.QuicError);
            Assert.Equal(77, e.ApplicationErrorCode);
        }

        await AssertQuicErrorAsync(QuicError.OperationAborted, () => pair.Client.OpenOutboundStreamAsync(QuicStreamType.Bidirectional).Soon());
        await AssertQuicErrorAsync(QuicError.ConnectionAborted, () => pair.Server.OpenOutboundStreamAsync(QuicStreamType.Bidirectional).Soon());
        await AssertQuicErrorAsync(QuicError.OperationAborted, () => client.WriteAsync(new byte[1]).Soon());
        await AssertQuicErrorAsync(QuicError.ConnectionAborted, () => server.WriteAsync(new byte[1]).Soon());
    }

    [Fact]
    public async Task Closing_twice_does_nothing_more()
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync();
        await pair.Client.CloseAsync(1).Soon();
        await pair.Client.CloseAsync(2).Soon();
        QuicException e = await Assert.ThrowsAsync<QuicException>(() => pair.Server.AcceptInboundStreamAsync().Soon());
        Assert.Equal(1, e.ApplicationErrorCode);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(1L << 62)]
    public async Task A_close_code_out_of_range_is_refused(long code)
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync();
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await pair.Client.CloseAsync(code));
    }

    [Fact]
    public async Task Disposing_closes_with_the_default_code()
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync();
        await pair.Client.DisposeAsync().Soon();
        QuicException e = await Assert.ThrowsAsync<QuicException>(() => pair.Server.AcceptInboundStreamAsync().Soon());
        Assert.Equal(QuicError.ConnectionAborted, e.QuicError);
        Assert.Equal(Loopback.CloseError, e.ApplicationErrorCode);
    }

    [Fact]
    public async Task Disposing_after_a_close_keeps_its_code()
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync();
        ValueTask close = pair.Client.CloseAsync(5);
        await pair.Client.DisposeAsync().Soon();
        await close.Soon();
        QuicException e = await Assert.ThrowsAsync<QuicException>(() => pair.Server.AcceptInboundStreamAsync().Soon());
        Assert.Equal(5, e.ApplicationErrorCode);
    }

    [Fact]
    public async Task After_dispose_every_call_says_so()
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync();
        Task<QuicStream> pending = pair.Client.AcceptInboundStreamAsync().Soon();
        await pair.Client.DisposeAsync().Soon();
        await pair.Client.DisposeAsync().Soon();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => pending);
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await pair.Client.AcceptInboundStreamAsync());
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await pair.Client.OpenOutboundStreamAsync(QuicStreamType.Bidirectional));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await pair.Client.CloseAsync(0));
        Assert.Throws<ObjectDisposedException>(() => pair.Client.RemoteCertificate);
    }

    [Fact]
    public async Task Streams_queued_before_the_peer_closed_are_still_accepted_then_comes_the_close()
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync();
        for (int i = 0; i < 2; i++)
        {
            QuicStream stream = await pair.Client.OpenOutboundStreamAsync(QuicStreamType.Unidirectional).Soon();
            await stream.WriteAsync("data"u8.ToArray(), completeWrites: true).Soon();
            await stream.WritesClosed.Soon();
        }

        await pair.Client.CloseAsync(9).Soon();
        await WaitForCloseAsync(pair.Server);

        for (int i = 0; i < 2; i++)
        {
            await using QuicStream accepted = await pair.Server.AcceptInboundStreamAsync().Soon();
            byte[] received = new byte[4];
            await accepted.ReadExactlyAsync(received).Soon();
            Assert.Equal("data"u8.ToArray(), received);
            Assert.Equal(0, await accepted.ReadAsync(received).Soon());
            await accepted.ReadsClosed.Soon();
        }

        QuicException e = await Assert.ThrowsAsync<QuicException>(() => pair.Server.AcceptInboundStreamAsync().Soon());
        Assert.Equal(9, e.ApplicationErrorCode);
    }

    [Fact]
    public async Task Unaccepted_streams_are_disposed_with_the_connection()
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync();
        QuicStream stream = await pair.Client.OpenOutboundStreamAsync(QuicStreamType.Bidirectional).Soon();
        await stream.WriteAsync(new byte[1]).Soon();
        Task<int> read = stream.ReadAsync(new byte[1]).Soon();
        await pair.Server.DisposeAsync().Soon();
        QuicException e = await Assert.ThrowsAsync<QuicException>(() => read);
        Assert.True(e.QuicError is QuicError.ConnectionAborted or QuicError.StreamAborted);
    }

    [Fact]
    public async Task CloseAsync_delivers_what_was_written_before()
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync();
        QuicStream client = await pair.Client.OpenOutboundStreamAsync(QuicStreamType.Bidirectional).Soon();
        await client.WriteAsync(new byte[60_000], completeWrites: true).Soon();
        await pair.Client.CloseAsync(5).Soon();
        QuicStream server = await pair.Server.AcceptInboundStreamAsync().Soon();
        await server.ReadExactlyAsync(new byte[60_000]).Soon();
        await AssertQuic.ErrorAsync(QuicError.ConnectionAborted, 5, async () => await pair.Server.AcceptInboundStreamAsync());
    }

    [Fact]
    public async Task CloseAsync_waits_no_longer_than_its_timeout_for_a_peer_that_does_not_read()
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync(client: options => options.CloseTimeout = TimeSpan.FromMilliseconds(100));
        (QuicStream client, QuicStream held) = await pair.OpenAsync();
        await client.WriteAsync(new byte[100_000], completeWrites: true).Soon();
        await pair.Client.CloseAsync(5).Soon();
        await AssertQuic.ErrorAsync(QuicError.ConnectionAborted, 5, async () => await pair.Server.AcceptInboundStreamAsync());
        GC.KeepAlive(held); // A dropped handle would end the stream.
    }

    [Fact]
    public async Task Abort_waits_for_nobody()
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync(client: options => options.CloseTimeout = Timeout.InfiniteTimeSpan);
        (QuicStream client, QuicStream held) = await pair.OpenAsync();
        await client.WriteAsync(new byte[100_000], completeWrites: true).Soon();
        Assert.Throws<ArgumentOutOfRangeException>(() => pair.Client.Abort(-1));
        pair.Client.Abort(6);
        await AssertQuic.ErrorAsync(QuicError.ConnectionAborted, 6, async () => await pair.Server.AcceptInboundStreamAsync());
        await pair.Client.DisposeAsync().Soon();
        pair.Client.Abort(7);
        GC.KeepAlive(held); // A dropped handle would end the stream.
    }

    private static async Task FinishUnidirectionalAsync(ConnectedPair pair, QuicStream stream)
    {
        await stream.WriteAsync(new byte[1], completeWrites: true).Soon();
        await using QuicStream accepted = await pair.Server.AcceptInboundStreamAsync().Soon();
        Assert.Equal(stream.Id, accepted.Id);
        Assert.Equal(1, await accepted.ReadAsync(new byte[8]).Soon());
        Assert.Equal(0, await accepted.ReadAsync(new byte[8]).Soon());
    }

    private static async Task WaitForCloseAsync(QuicConnection connection) => await connection.Driver.Closing.Shutdown.Soon();

    private static async Task AssertQuicErrorAsync(QuicError error, Func<Task> call) =>
        Assert.Equal(error, (await Assert.ThrowsAsync<QuicException>(call)).QuicError);
}
