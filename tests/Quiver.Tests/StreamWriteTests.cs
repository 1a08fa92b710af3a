using Quiver.Tests.Infrastructure;

namespace Quiver.Tests;

/// <summary>The half of a stream that is written.</summary>
public sealed class StreamWriteTests
{
    /// <summary>More than any send buffer and window that these tests leave at their defaults.</summary>
    private const int TooMuch = 4 << 20;

    [Fact]
    public async Task A_write_that_fits_completes_before_anybody_reads()
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync();
        (QuicStream client, _) = await pair.OpenAsync();
        ValueTask write = client.WriteAsync(new byte[1000]);
        Assert.True(write.IsCompletedSuccessfully);
        await write;
    }

    [Fact]
    public async Task A_write_that_does_not_fit_waits_and_goes_on_as_the_peer_reads()
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync();
        (QuicStream client, QuicStream server) = await pair.OpenAsync();
        const int Size = 4 << 20;
        Task write = client.WriteAsync(new byte[Size], completeWrites: true).Soon();
        Assert.False(write.IsCompleted);
        long received = 0;
        int count;
        byte[] buffer = new byte[65536];
        while ((count = await server.ReadAsync(buffer).Soon()) > 0)
        {
            received += count;
        }

        await write;
        Assert.Equal(Size, received);
        await client.WritesClosed.Soon();
    }

    [Fact]
    public async Task A_second_write_while_one_is_pending_is_an_invalid_operation()
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync();
        (QuicStream client, _) = await pair.OpenAsync();
        ValueTask pending = client.WriteAsync(new byte[TooMuch]);
        Assert.False(pending.IsCompleted);
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await client.WriteAsync(new byte[1]));
        client.Abort(QuicAbortDirection.Write, 1);
        await AssertQuic.ErrorAsync(QuicError.OperationAborted, null, () => pending.Soon());
    }

    [Fact]
    public async Task Writing_a_stream_without_a_write_half_is_an_invalid_operation()
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync();
        (_, QuicStream server) = await pair.OpenAsync(QuicStreamType.Unidirectional);
        Assert.False(server.CanWrite);
        Assert.True(server.WritesClosed.IsCompletedSuccessfully);
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await server.WriteAsync(new byte[1]));
        server.CompleteWrites();
    }

    [Fact]
    public async Task An_empty_write_completes_at_once_and_with_completeWrites_ends_the_half()
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync();
        (QuicStream client, QuicStream server) = await pair.OpenAsync();
        ValueTask empty = client.WriteAsync(ReadOnlyMemory<byte>.Empty);
        Assert.True(empty.IsCompletedSuccessfully);
        await empty;
        Task<int> read = server.ReadAsync(new byte[1]).Soon();
        Assert.False(read.IsCompleted);
        await client.WriteAsync(ReadOnlyMemory<byte>.Empty, completeWrites: true).Soon();
        Assert.Equal(0, await read);
    }

    [Fact]
    public async Task WritesClosed_succeeds_when_the_peer_has_acknowledged_the_FIN()
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync();
        (QuicStream client, QuicStream server) = await pair.OpenAsync();
        Task closed = client.WritesClosed;
        await client.WriteAsync(new byte[1]).Soon();
        Assert.False(closed.IsCompleted);
        client.CompleteWrites();
        await closed.Soon();
        Assert.True(client.CanWrite);
        Assert.Equal(1, await server.ReadAsync(new byte[8]).Soon());
    }

    [Fact]
    public async Task Writes_after_the_end_do_nothing()
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync();
        (QuicStream client, QuicStream server) = await pair.OpenAsync();
        await client.WriteAsync(new byte[] { 1 }, completeWrites: true).Soon();
        await client.WriteAsync(new byte[] { 2 }).Soon();
        await client.WritesClosed.Soon();
        await client.WriteAsync(new byte[] { 3 }, completeWrites: true).Soon();
        client.CompleteWrites();
        byte[] received = new byte[8];
        Assert.Equal(1, await server.ReadAsync(received).Soon());
        Assert.Equal(1, received[0]);
        Assert.Equal(0, await server.ReadAsync(received).Soon());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Cancelling_a_write_resets_the_half_with_the_default_code(bool isCancelledBefore)
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync();
        (QuicStream client, QuicStream server) = await pair.OpenAsync();
        using var cancellation = new CancellationTokenSource();
        if (isCancelledBefore)
        {
            await cancellation.CancelAsync();
        }

        Task write = client.WriteAsync(new byte[TooMuch], cancellation.Token).Soon();
        await cancellation.CancelAsync();
        OperationCanceledException e = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => write);
        Assert.Equal(cancellation.Token, e.CancellationToken);

        await AssertQuic.ErrorAsync(QuicError.OperationAborted, null, () => client.WriteAsync(new byte[1]).Soon());
        await AssertQuic.ErrorAsync(QuicError.OperationAborted, null, () => client.WritesClosed);
        await AssertQuic.ErrorAsync(QuicError.StreamAborted, Loopback.StreamError, () => server.ReadsClosed);

        // The other half lives on.
        await server.WriteAsync(new byte[] { 5 }, completeWrites: true).Soon();
        Assert.Equal(1, await client.ReadAsync(new byte[8]).Soon());
    }

    [Fact]
    public async Task Cancelling_after_the_end_changes_nothing()
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync();
        (QuicStream client, QuicStream server) = await pair.OpenAsync();
        await client.WriteAsync(new byte[] { 1 }, completeWrites: true).Soon();
        await client.WritesClosed.Soon();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await client.WriteAsync(new byte[1], new CancellationToken(canceled: true)));
        await client.WritesClosed.Soon();
        Assert.Equal(1, await server.ReadAsync(new byte[8]).Soon());
        Assert.Equal(0, await server.ReadAsync(new byte[8]).Soon());
    }

    [Fact]
    public async Task STOP_SENDING_of_the_peer_fails_writes_with_its_code()
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync();
        (QuicStream client, QuicStream server) = await pair.OpenAsync();
        Task write = client.WriteAsync(new byte[TooMuch]).Soon();
        server.Abort(QuicAbortDirection.Read, 4321);
        await AssertQuic.ErrorAsync(QuicError.StreamAborted, 4321, () => write);
        await AssertQuic.ErrorAsync(QuicError.StreamAborted, 4321, () => client.WriteAsync(new byte[1]).Soon());
        await AssertQuic.ErrorAsync(QuicError.StreamAborted, 4321, () => client.WritesClosed);
        Assert.True(client.CanWrite);
    }

    [Fact]
    public async Task An_abort_of_ours_fails_writes_and_tells_the_peer_the_code()
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync();
        (QuicStream client, QuicStream server) = await pair.OpenAsync();
        client.Abort(QuicAbortDirection.Write, 77);
        await AssertQuic.ErrorAsync(QuicError.OperationAborted, null, () => client.WriteAsync(new byte[1]).Soon());
        await AssertQuic.ErrorAsync(QuicError.OperationAborted, null, () => client.WritesClosed);
        await AssertQuic.ErrorAsync(QuicError.StreamAborted, 77, () => server.ReadsClosed);
        client.CompleteWrites();
    }

    [Fact]
    public async Task CloseWrite_ends_the_write_half_only()
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync();
        (QuicStream client, QuicStream server) = await pair.OpenAsync();
        client.CloseWrite();
        Assert.Equal(0, await server.ReadAsync(new byte[1]).Soon());
        await server.WriteAsync(new byte[] { 8 }).Soon();
        Assert.Equal(1, await client.ReadAsync(new byte[8]).Soon());

        (QuicStream second, QuicStream secondServer) = await pair.OpenAsync();
        second.CloseWrite(78);
        await AssertQuic.ErrorAsync(QuicError.StreamAborted, 78, () => secondServer.ReadsClosed);
    }

    [Fact]
    public async Task A_write_and_a_read_may_be_pending_together()
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync();
        (QuicStream client, QuicStream server) = await pair.OpenAsync();
        Task write = client.WriteAsync(new byte[TooMuch]).Soon();
        Task<int> read = client.ReadAsync(new byte[1]).Soon();
        await server.WriteAsync(new byte[] { 1 }).Soon();
        Assert.Equal(1, await read);
        Assert.False(write.IsCompleted);
        client.Abort(QuicAbortDirection.Write, 0);
        await AssertQuic.ErrorAsync(QuicError.OperationAborted, null, () => write);
    }
}
