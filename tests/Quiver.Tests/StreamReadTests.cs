using Quiver.Tests.Infrastructure;

namespace Quiver.Tests;

/// <summary>The half of a stream that is read.</summary>
public sealed class StreamReadTests
{
    [Fact]
    public async Task A_second_read_while_one_is_pending_is_an_invalid_operation()
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync();
        (QuicStream client, QuicStream server) = await pair.OpenAsync();
        byte[] buffer = new byte[1];
        Task<int> first = client.ReadAsync(buffer).Soon();
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await client.ReadAsync(new byte[1]));

        // The first is unharmed.
        await server.WriteAsync(new byte[] { 9 }).Soon();
        Assert.Equal(1, await first);
        Assert.Equal(9, buffer[0]);
    }

    [Fact]
    public async Task Reading_a_stream_without_a_read_half_is_an_invalid_operation()
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync();
        QuicStream stream = await pair.Client.OpenOutboundStreamAsync(QuicStreamType.Unidirectional).Soon();
        Assert.False(stream.CanRead);
        Assert.True(stream.ReadsClosed.IsCompletedSuccessfully);
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await stream.ReadAsync(new byte[1]));
        Assert.Throws<InvalidOperationException>(() => stream.Read(new byte[1]));
    }

    [Fact]
    public async Task An_empty_read_waits_for_data()
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync();
        (QuicStream client, QuicStream server) = await pair.OpenAsync();
        Task<int> empty = client.ReadAsync(Memory<byte>.Empty).Soon();
        Assert.False(empty.IsCompleted);
        await server.WriteAsync(new byte[] { 3 }).Soon();
        Assert.Equal(0, await empty);
        byte[] buffer = new byte[4];
        Assert.Equal(1, await client.ReadAsync(buffer).Soon());
        Assert.Equal(3, buffer[0]);
    }

    [Fact]
    public async Task An_empty_read_waits_for_the_end()
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync();
        (QuicStream client, QuicStream server) = await pair.OpenAsync();
        Task<int> empty = client.ReadAsync(Memory<byte>.Empty).Soon();
        server.CompleteWrites();
        Assert.Equal(0, await empty);
        await client.ReadsClosed.Soon();
    }

    [Fact]
    public async Task The_end_is_zero_again_and_again()
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync();
        (QuicStream client, QuicStream server) = await pair.OpenAsync();
        await server.WriteAsync("abc"u8.ToArray(), completeWrites: true).Soon();
        byte[] buffer = new byte[3];
        await client.ReadExactlyAsync(buffer).Soon();
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal(0, await client.ReadAsync(buffer).Soon());
        }

        Assert.True(client.CanRead);
    }

    [Fact]
    public async Task ReadsClosed_waits_until_data_and_end_were_read()
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync();
        (QuicStream client, QuicStream server) = await pair.OpenAsync();
        await server.WriteAsync("abc"u8.ToArray(), completeWrites: true).Soon();
        await server.WritesClosed.Soon();
        Task closed = client.ReadsClosed;
        Assert.False(closed.IsCompleted);
        Assert.Equal(2, await client.ReadAsync(new byte[2]).Soon());
        Assert.False(closed.IsCompleted);

        // The last byte, and the FIN is known: complete when the read returns.
        Assert.Equal(1, await client.ReadAsync(new byte[2]).Soon());
        Assert.True(client.ReadsClosed.IsCompletedSuccessfully);
        await closed.Soon();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Cancelling_a_read_aborts_the_half_with_the_default_code(bool isCancelledBefore)
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync();
        (QuicStream client, QuicStream server) = await pair.OpenAsync();
        using var cancellation = new CancellationTokenSource();
        if (isCancelledBefore)
        {
            await cancellation.CancelAsync();
        }

        Task<int> read = client.ReadAsync(new byte[1], cancellation.Token).Soon();
        await cancellation.CancelAsync();
        OperationCanceledException e = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => read);
        Assert.Equal(cancellation.Token, e.CancellationToken);

        await AssertQuic.ErrorAsync(QuicError.OperationAborted, null, () => client.ReadAsync(new byte[1]).Soon());
        await AssertQuic.ErrorAsync(QuicError.OperationAborted, null, () => client.ReadsClosed);
        await AssertQuic.ErrorAsync(QuicError.StreamAborted, Loopback.StreamError, () => server.WritesClosed);
        await AssertQuic.ErrorAsync(QuicError.StreamAborted, Loopback.StreamError, () => server.WriteAsync(new byte[1]).Soon());

        // The other half lives on.
        await client.WriteAsync(new byte[] { 5 }, completeWrites: true).Soon();
        Assert.Equal(1, await server.ReadAsync(new byte[8]).Soon());
    }

    [Fact]
    public async Task Cancelling_after_the_end_changes_nothing()
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync();
        (QuicStream client, QuicStream server) = await pair.OpenAsync();
        server.CompleteWrites();
        Assert.Equal(0, await client.ReadAsync(new byte[1]).Soon());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await client.ReadAsync(new byte[1], new CancellationToken(canceled: true)));
        await client.ReadsClosed.Soon();
        await server.WritesClosed.Soon();
        Assert.Equal(0, await client.ReadAsync(new byte[1]).Soon());
    }

    [Fact]
    public async Task A_reset_of_the_peer_fails_reads_with_its_code()
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync();
        (QuicStream client, QuicStream server) = await pair.OpenAsync();
        Task<int> read = client.ReadAsync(new byte[1]).Soon();
        server.Abort(QuicAbortDirection.Write, 1234);
        await AssertQuic.ErrorAsync(QuicError.StreamAborted, 1234, () => read);
        await AssertQuic.ErrorAsync(QuicError.StreamAborted, 1234, () => client.ReadAsync(new byte[1]).Soon());
        await AssertQuic.ErrorAsync(QuicError.StreamAborted, 1234, () => client.ReadsClosed);
        Assert.True(client.CanRead);

        // The other half lives on.
        await client.WriteAsync(new byte[] { 5 }, completeWrites: true).Soon();
        Assert.Equal(1, await server.ReadAsync(new byte[8]).Soon());
    }

    [Fact]
    public async Task An_abort_of_ours_fails_a_pending_read_and_tells_the_peer_the_code()
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync();
        (QuicStream client, QuicStream server) = await pair.OpenAsync();
        Task<int> read = client.ReadAsync(new byte[1]).Soon();
        client.Abort(QuicAbortDirection.Read, 55);
        await AssertQuic.ErrorAsync(QuicError.OperationAborted, null, () => read);
        await AssertQuic.ErrorAsync(QuicError.OperationAborted, null, () => client.ReadsClosed);
        await AssertQuic.ErrorAsync(QuicError.StreamAborted, 55, () => server.WritesClosed);
    }

    [Fact]
    public async Task What_had_arrived_on_a_finished_stream_is_readable_after_the_connection_was_closed()
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync();
        (QuicStream client, QuicStream server) = await pair.OpenAsync();
        client.CompleteWrites();
        Assert.Equal(0, await server.ReadAsync(new byte[1]).Soon());
        await server.WriteAsync("late"u8.ToArray(), completeWrites: true).Soon();
        await server.WritesClosed.Soon();
        await client.WritesClosed.Soon();

        await pair.Client.DisposeAsync().Soon();
        byte[] received = new byte[4];
        await client.ReadExactlyAsync(received).Soon();
        Assert.Equal("late"u8.ToArray(), received);
        Assert.Equal(0, await client.ReadAsync(received).Soon());
        await client.ReadsClosed.Soon();
    }

    [Fact]
    public async Task CloseRead_ends_the_read_half_only()
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync();
        (QuicStream client, QuicStream server) = await pair.OpenAsync();
        client.CloseRead();
        await AssertQuic.ErrorAsync(QuicError.StreamAborted, Loopback.StreamError, () => server.WritesClosed);
        await client.WriteAsync(new byte[] { 1 }, completeWrites: true).Soon();
        Assert.Equal(1, await server.ReadAsync(new byte[2]).Soon());

        (QuicStream second, QuicStream secondServer) = await pair.OpenAsync();
        second.CloseRead(66);
        await AssertQuic.ErrorAsync(QuicError.StreamAborted, 66, () => secondServer.WritesClosed);
    }

    [Fact]
    public async Task Large_data_arrives_whole_and_in_order()
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync();
        (QuicStream client, QuicStream server) = await pair.OpenAsync();
        byte[] sent = new byte[5_000_000];
        new Random(1).NextBytes(sent);
        Task write = server.WriteAsync(sent, completeWrites: true).Soon();
        using var received = new MemoryStream();
        await client.CopyToAsync(received).Soon();
        await write;
        Assert.True(sent.AsSpan().SequenceEqual(received.ToArray()));
    }
}
