using Quiver.Tests.Infrastructure;

namespace Quiver.Tests;

/// <summary>What holds for a stream as a whole: aborting, disposing, properties.</summary>
public sealed class StreamLifeTests
{
    [Fact]
    public async Task CanRead_and_CanWrite_stay_true_until_dispose()
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync();
        (QuicStream client, _) = await pair.OpenAsync();
        Assert.True(client.CanRead && client.CanWrite);
        client.Abort(QuicAbortDirection.Both, 1);
        Assert.True(client.CanRead && client.CanWrite);
        await client.DisposeAsync().Soon();
        Assert.False(client.CanRead || client.CanWrite);
    }

    [Fact]
    public async Task Abort_after_dispose_or_on_a_finished_half_does_nothing_but_checks_its_code()
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync();
        (QuicStream client, QuicStream server) = await pair.OpenAsync();
        await client.WriteAsync(ReadOnlyMemory<byte>.Empty, completeWrites: true).Soon();
        await client.WritesClosed.Soon();
        client.Abort(QuicAbortDirection.Write, 3);
        await client.WritesClosed.Soon();
        Assert.Equal(0, await server.ReadAsync(new byte[1]).Soon());

        server.CompleteWrites();
        await client.DisposeAsync().Soon();
        client.Abort(QuicAbortDirection.Both, 3);
        Assert.Throws<ArgumentOutOfRangeException>(() => client.Abort(QuicAbortDirection.Both, -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => client.Abort(QuicAbortDirection.Both, 1L << 62));
    }

    [Fact]
    public async Task Dispose_ends_the_write_half_in_good_order_and_stops_the_read_half()
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync();
        (QuicStream client, QuicStream server) = await pair.OpenAsync();
        await client.WriteAsync("last words"u8.ToArray()).Soon();
        Task dispose = client.DisposeAsync().Soon();

        byte[] received = new byte[10];
        await server.ReadExactlyAsync(received).Soon();
        Assert.Equal("last words"u8.ToArray(), received);
        Assert.Equal(0, await server.ReadAsync(received).Soon());
        await AssertQuic.ErrorAsync(QuicError.StreamAborted, Loopback.StreamError, () => server.WritesClosed);
        await dispose;
        await client.WritesClosed.Soon();
        await AssertQuic.ErrorAsync(QuicError.OperationAborted, null, () => client.ReadsClosed);
    }

    [Fact]
    public async Task Dispose_fails_a_pending_read()
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync();
        (QuicStream client, _) = await pair.OpenAsync();
        Task<int> read = client.ReadAsync(new byte[1]).Soon();
        await client.DisposeAsync().Soon();
        await AssertQuic.ErrorAsync(QuicError.OperationAborted, null, () => read);
    }

    [Fact]
    public async Task Dispose_waits_for_the_peer_to_read_what_does_not_fit()
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync();
        (QuicStream client, QuicStream server) = await pair.OpenAsync();

        // More than the peer's stream window of 64 KiB, and less than the send buffer.
        await client.WriteAsync(new byte[100_000]).Soon();
        Task dispose = client.DisposeAsync().Soon();
        Assert.False(dispose.IsCompleted);
        long received = 0;
        int count;
        byte[] buffer = new byte[8192];
        while ((count = await server.ReadAsync(buffer).Soon()) > 0)
        {
            received += count;
        }

        Assert.Equal(100_000, received);
        await dispose;
    }

    [Fact]
    public async Task Abort_before_dispose_throws_away_what_was_written()
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync();
        (QuicStream client, QuicStream server) = await pair.OpenAsync();
        await client.WriteAsync(new byte[100_000]).Soon();
        client.Abort(QuicAbortDirection.Both, 42);
        await client.DisposeAsync().Soon();
        await AssertQuic.ErrorAsync(QuicError.StreamAborted, 42, () => server.ReadsClosed);
        await AssertQuic.ErrorAsync(QuicError.StreamAborted, 42, () => server.WritesClosed);
    }

    [Fact]
    public async Task Disposing_an_unused_stream_tells_the_peer_by_aborting_both_halves()
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync();
        QuicStream client = await pair.Client.OpenOutboundStreamAsync(QuicStreamType.Bidirectional).Soon();
        await client.DisposeAsync().Soon();
        QuicStream server = await pair.Server.AcceptInboundStreamAsync().Soon();
        await AssertQuic.ErrorAsync(QuicError.StreamAborted, Loopback.StreamError, () => server.ReadsClosed);
        await AssertQuic.ErrorAsync(QuicError.StreamAborted, Loopback.StreamError, () => server.WritesClosed);
    }

    [Fact]
    public async Task A_stream_that_ended_on_both_sides_is_disposed_at_once()
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync();
        (QuicStream client, QuicStream server) = await pair.OpenAsync();
        client.CompleteWrites();
        server.CompleteWrites();
        Assert.Equal(0, await server.ReadAsync(new byte[1]).Soon());
        Assert.Equal(0, await client.ReadAsync(new byte[1]).Soon());
        await client.WritesClosed.Soon();
        ValueTask dispose = client.DisposeAsync();
        Assert.True(dispose.IsCompletedSuccessfully);
        await dispose;
    }

    [Fact]
    public async Task After_dispose_calls_say_so()
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync();
        (QuicStream client, _) = await pair.OpenAsync();
        client.Abort(QuicAbortDirection.Both, 0);
        await client.DisposeAsync().Soon();
        await client.DisposeAsync().Soon();
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await client.ReadAsync(new byte[1]));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await client.WriteAsync(new byte[1]));
        Assert.Throws<ObjectDisposedException>(client.CompleteWrites);
        Assert.Throws<ObjectDisposedException>(() => client.Read(new byte[1]));
        Assert.Throws<ObjectDisposedException>(() => client.Write(new byte[1]));
        Assert.Throws<ObjectDisposedException>(() => client.ReadTimeout);
    }

    [Fact]
    public async Task A_stream_does_not_seek()
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync();
        (QuicStream client, _) = await pair.OpenAsync();
        Assert.False(client.CanSeek);
        Assert.True(client.CanTimeout);
        Assert.Throws<NotSupportedException>(() => client.Length);
        Assert.Throws<NotSupportedException>(() => client.Position);
        Assert.Throws<NotSupportedException>(() => client.Position = 1);
        Assert.Throws<NotSupportedException>(() => client.Seek(0, SeekOrigin.Begin));
        Assert.Throws<NotSupportedException>(() => client.SetLength(1));
        client.Flush();
        await client.FlushAsync(new CancellationToken(canceled: true));
        Assert.Contains(client.Id.ToString(), client.ToString(), StringComparison.Ordinal);
        Assert.Equal(QuicStreamType.Bidirectional, client.Type);
    }
}
