using Quiver.Tests.Infrastructure;

namespace Quiver.Tests;

/// <summary>Small writes on many streams that go out in one go.</summary>
public sealed class WriteTogetherTests
{
    private const int Streams = 100;

    [Fact]
    public async Task Small_writes_of_many_streams_share_packets()
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync();
        var streams = new (QuicStream Client, QuicStream Server)[Streams];
        for (int i = 0; i < Streams; i++)
        {
            streams[i] = await pair.OpenAsync();
        }

        long before = pair.Server.GetStatistics().PacketsSent;
        pair.Server.WriteTogether(WriteAll, streams);
        long sent = pair.Server.GetStatistics().PacketsSent - before;

        foreach ((QuicStream client, _) in streams)
        {
            Assert.Equal(50, (await client.ReadToEndAsync(100).Soon()).Length);
        }

        // 100 times 50 bytes and a few of framing, where one by one they would be 100 packets.
        Assert.InRange(sent, 4, 20);

        static void WriteAll((QuicStream Client, QuicStream Server)[] streams)
        {
            foreach ((_, QuicStream server) in streams)
            {
                Assert.True(server.WriteAsync(new byte[50], completeWrites: true).AsTask().IsCompletedSuccessfully);
            }
        }
    }

    [Fact]
    public async Task What_is_thrown_comes_out_and_sending_goes_on()
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync();
        (QuicStream client, QuicStream server) = await pair.OpenAsync();

        Assert.Throws<InvalidOperationException>(() => pair.Server.WriteTogether(
            static stream =>
            {
                _ = stream.WriteAsync("before"u8.ToArray()).AsTask();
                throw new InvalidOperationException("in the middle");
            },
            server));
        await server.WriteAsync("after"u8.ToArray(), completeWrites: true).Soon();

        Assert.Equal("beforeafter"u8.ToArray(), await client.ReadToEndAsync(100).Soon());
        Assert.Throws<ArgumentNullException>(() => pair.Server.WriteTogether(null!, 0));
    }

    [Fact]
    public async Task They_nest_and_may_be_used_by_many_threads_at_a_time()
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync();
        await Task.WhenAll(Enumerable.Range(0, 8).Select(thread => Task.Run(async () =>
        {
            for (int i = 0; i < 50; i++)
            {
                (QuicStream client, QuicStream server) = await pair.OpenAsync();
                pair.Server.WriteTogether(
                    static both => both.Server.WriteTogether(
                        static stream => _ = stream.WriteAsync(new byte[10], completeWrites: true).AsTask(), both.Stream),
                    (pair.Server, Stream: server));
                Assert.Equal(10, (await client.ReadToEndAsync(100).Soon()).Length);
                await client.DisposeAsync().AsTask().Soon();
                await server.DisposeAsync().AsTask().Soon();
            }
        })));
    }

    [Fact]
    public async Task A_stream_that_is_released_delivers_what_was_written_and_stops_the_peer()
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync();
        (QuicStream client, QuicStream server) = await pair.OpenAsync();
        await server.WriteAsync(new byte[5000]).Soon();

        server.Release();
        server.Release();

        Assert.Equal(5000, (await client.ReadToEndAsync(10_000).Soon()).Length);
        QuicException stopped = await Assert.ThrowsAsync<QuicException>(() => client.WritesClosed.Soon());
        Assert.Equal(QuicError.StreamAborted, stopped.QuicError);
        Assert.Throws<ObjectDisposedException>(server.CompleteWrites);
        await Eventually.EqualAsync(0L, () => pair.Server.GetStatistics().StreamsActive);
    }

    [Fact]
    public async Task A_connection_that_is_closed_meanwhile_is_closed_when_it_returns()
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync();
        Task closing = Task.CompletedTask;

        pair.Server.WriteTogether(
            connection =>
            {
                closing = connection.CloseAsync(77).AsTask();
                Thread.Sleep(50);
            },
            pair.Server);

        await closing.Soon();
        QuicException error = await Assert.ThrowsAsync<QuicException>(async () => await pair.Client.AcceptInboundStreamAsync().Soon());
        Assert.Equal(77, error.ApplicationErrorCode);
    }
}
