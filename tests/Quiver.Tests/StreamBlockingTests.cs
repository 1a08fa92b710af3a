using Quiver.Tests.Infrastructure;

namespace Quiver.Tests;

/// <summary>The synchronous and the older asynchronous calls of a stream.</summary>
public sealed class StreamBlockingTests
{
    [Fact]
    public async Task Synchronous_reads_and_writes_move_data()
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync();
        (QuicStream client, QuicStream server) = await pair.OpenAsync();
        client.Write([1, 2, 3]);
        client.Write([0, 4, 5, 0], 1, 2);
        client.WriteByte(6);
        client.CompleteWrites();

        byte[] received = new byte[5];
        Span<byte> rest = received;
        while (!rest.IsEmpty)
        {
            int count = server.Read(rest.Length > 2 ? rest : rest[..1]);
            Assert.NotEqual(0, count);
            rest = rest[count..];
        }

        Assert.Equal([1, 2, 3, 4, 5], received);
        Assert.Equal(6, server.ReadByte());
        Assert.Equal(-1, server.ReadByte());
        Assert.Equal(0, server.Read(received, 0, 5));
    }

    [Fact]
    public async Task Begin_and_End_work()
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync();
        (QuicStream client, QuicStream server) = await pair.OpenAsync();
        await Task.Factory.FromAsync(client.BeginWrite, client.EndWrite, new byte[] { 1, 2 }, 0, 2, null).Soon();
        byte[] received = new byte[2];
        int count = await Task<int>.Factory.FromAsync(server.BeginRead, server.EndRead, received, 0, 2, null).Soon();
        Assert.Equal(2, count);
        Assert.Equal([1, 2], received);
    }

    [Fact]
    public async Task A_read_that_times_out_throws_IOException_and_aborts_the_half()
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync();
        (QuicStream client, QuicStream server) = await pair.OpenAsync();
        client.ReadTimeout = 50;
        IOException e = Assert.Throws<IOException>(() => client.Read(new byte[1]));
        Assert.IsNotType<QuicException>(e);
        await AssertQuic.ErrorAsync(QuicError.OperationAborted, null, () => client.ReadsClosed);
        await AssertQuic.ErrorAsync(QuicError.StreamAborted, Loopback.StreamError, () => server.WritesClosed);
    }

    [Fact]
    public async Task A_write_that_times_out_throws_IOException_and_aborts_the_half()
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync();
        (QuicStream client, _) = await pair.OpenAsync();
        client.WriteTimeout = 50;
        Assert.Throws<IOException>(() => client.Write(new byte[4 << 20]));
        await AssertQuic.ErrorAsync(QuicError.OperationAborted, null, () => client.WritesClosed);
    }

    [Fact]
    public async Task Timeouts_are_for_synchronous_calls_only()
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync();
        (QuicStream client, QuicStream server) = await pair.OpenAsync();
        client.ReadTimeout = 1;
        Task<int> read = client.ReadAsync(new byte[1]).Soon();
        await Assert.ThrowsAsync<TimeoutException>(() => read.WaitAsync(TimeSpan.FromMilliseconds(100)));
        await server.WriteAsync(new byte[1]).Soon();
        Assert.Equal(1, await read);
    }

    [Fact]
    public async Task Timeouts_are_positive_or_infinite()
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync();
        (QuicStream client, _) = await pair.OpenAsync();
        Assert.Equal(Timeout.Infinite, client.ReadTimeout);
        Assert.Equal(Timeout.Infinite, client.WriteTimeout);
        client.ReadTimeout = 5;
        client.WriteTimeout = 6;
        Assert.Equal(5, client.ReadTimeout);
        Assert.Equal(6, client.WriteTimeout);
        client.ReadTimeout = Timeout.Infinite;
        foreach (int wrong in new[] { 0, -2 })
        {
            Assert.Throws<ArgumentOutOfRangeException>(() => client.ReadTimeout = wrong);
            Assert.Throws<ArgumentOutOfRangeException>(() => client.WriteTimeout = wrong);
        }
    }

    [Fact]
    public async Task Dispose_blocks_until_the_stream_is_over()
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync();
        (QuicStream client, QuicStream server) = await pair.OpenAsync();
        await client.WriteAsync(new byte[] { 1 }).Soon();
        client.Dispose();
        Assert.False(client.CanWrite);
        Assert.Equal(1, await server.ReadAsync(new byte[2]).Soon());
        Assert.Equal(0, await server.ReadAsync(new byte[2]).Soon());
    }
}
