using System.Collections.Concurrent;
using System.Text;
using Quiver.Tests.Infrastructure;

namespace Quiver.Tests;

/// <summary>Unreliable datagrams by the API, over real sockets.</summary>
public sealed class DatagramTests
{
    [Fact]
    public async Task A_datagram_goes_each_way()
    {
        await using ConnectedPair pair = await CreateAsync();
        byte[] buffer = new byte[2000];
        foreach ((QuicConnection from, QuicConnection to) in new[] { (pair.Client, pair.Server), (pair.Server, pair.Client) })
        {
            Task<int> waiting = to.ReceiveDatagramAsync(buffer).Soon();
            await from.SendDatagramAsync("first"u8.ToArray()).Soon();
            Assert.Equal("first", Encoding.ASCII.GetString(buffer, 0, await waiting));
            await from.SendDatagramAsync(ReadOnlyMemory<byte>.Empty).Soon();
            Assert.Equal(0, await to.ReceiveDatagramAsync(buffer).Soon());
        }
    }

    [Fact]
    public async Task The_largest_datagram_arrives_and_a_larger_one_is_refused()
    {
        await using ConnectedPair pair = await CreateAsync();
        byte[] largest = new byte[pair.Client.MaxDatagramSize];
        Random.Shared.NextBytes(largest);
        byte[] buffer = new byte[largest.Length];
        await pair.Client.SendDatagramAsync(largest).Soon();
        Assert.Equal(largest.Length, await pair.Server.ReceiveDatagramAsync(buffer).Soon());
        Assert.Equal(largest, buffer);
        ArgumentException e = await Assert.ThrowsAsync<ArgumentException>(() => pair.Client.SendDatagramAsync(new byte[largest.Length + 1]).Soon());
        Assert.Contains($"{largest.Length + 1} bytes; at most {largest.Length}", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_EnableDatagrams_the_peer_cannot_send()
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync(client: options => options.EnableDatagrams = true);
        Assert.Equal(0, pair.Client.MaxDatagramSize);
        Assert.NotEqual(0, pair.Server.MaxDatagramSize);
        InvalidOperationException e = await Assert.ThrowsAsync<InvalidOperationException>(() => pair.Client.SendDatagramAsync(new byte[1]).Soon());
        Assert.Contains("EnableDatagrams", e.Message, StringComparison.Ordinal);
        await pair.Server.SendDatagramAsync("x"u8.ToArray()).Soon();
        Assert.Equal(1, await pair.Client.ReceiveDatagramAsync(new byte[10]).Soon());
    }

    [Fact]
    public async Task A_buffer_that_is_too_small_leaves_the_datagram()
    {
        await using ConnectedPair pair = await CreateAsync();
        await pair.Client.SendDatagramAsync(new byte[100]).Soon();
        await Assert.ThrowsAsync<ArgumentException>(() => pair.Server.ReceiveDatagramAsync(new byte[99]).Soon());
        Assert.Equal(100, await pair.Server.ReceiveDatagramAsync(new byte[100]).Soon());
    }

    [Fact]
    public async Task Cancelling_a_wait_leaves_the_connection_usable()
    {
        await using ConnectedPair pair = await CreateAsync();
        using var cancellation = new CancellationTokenSource();
        Task<int> waiting = pair.Server.ReceiveDatagramAsync(new byte[10], cancellation.Token).Soon();
        Assert.Throws<InvalidOperationException>(() => { _ = pair.Server.ReceiveDatagramAsync(new byte[10]).AsTask(); });
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        await pair.Client.SendDatagramAsync(new byte[3]).Soon();
        Assert.Equal(3, await pair.Server.ReceiveDatagramAsync(new byte[10]).Soon());
    }

    [Fact]
    public async Task Callbacks_get_what_comes_and_what_became_of_it()
    {
        var received = new ConcurrentQueue<string>();
        var outcomes = new ConcurrentDictionary<long, QuicDatagramStatus>();
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using ConnectedPair pair = await ConnectedPair.CreateAsync(
            client: options => options.DatagramOutcomeCallback = (_, outcome) =>
            {
                outcomes[outcome.Tag] = outcome.Status;
                if (outcomes.Count == 50)
                {
                    done.SetResult();
                }
            },
            server: options =>
            {
                options.EnableDatagrams = true;
                options.DatagramReceivedCallback = (_, datagram) =>
                {
                    received.Enqueue(Encoding.ASCII.GetString(datagram));
                    throw new FormatException("ignored");
                };
            });
        Assert.Throws<InvalidOperationException>(() => { _ = pair.Server.ReceiveDatagramAsync(new byte[10]).AsTask(); });
        for (int i = 0; i < 50; i++)
        {
            await pair.Client.SendDatagramAsync(Encoding.ASCII.GetBytes($"{i}"), new QuicDatagramSendOptions { Tag = i }).Soon();
        }

        await done.Task.Soon();
        Assert.Equal(50, outcomes.Values.Count(status => status == QuicDatagramStatus.Acknowledged));
        while (received.Count < 50)
        {
            await Task.Delay(1);
        }

        Assert.Equal(Enumerable.Range(0, 50).Select(i => $"{i}"), received);
    }

    [Fact]
    public async Task Waits_end_with_the_connection()
    {
        await using ConnectedPair pair = await CreateAsync();
        Task<int> waiting = pair.Server.ReceiveDatagramAsync(new byte[10]).Soon();
        await pair.Client.CloseAsync(7).Soon();
        QuicException e = await Assert.ThrowsAsync<QuicException>(() => waiting);
        Assert.Equal(QuicError.ConnectionAborted, e.QuicError);
        Assert.Equal(7, e.ApplicationErrorCode);
        await AssertQuic.ErrorAsync(QuicError.OperationAborted, null, () => pair.Client.SendDatagramAsync(new byte[1]).AsTask());
    }

    [Fact]
    public async Task A_flood_waits_for_room_and_most_of_it_arrives()
    {
        await using ConnectedPair pair = await CreateAsync();
        const int Count = 20_000;
        int received = 0;
        Task reading = Task.Run(async () =>
        {
            byte[] buffer = new byte[1200];
            try
            {
                while (true)
                {
                    await pair.Server.ReceiveDatagramAsync(buffer);
                    received++;
                }
            }
            catch (QuicException)
            {
                // The end.
            }
        });
        byte[] datagram = new byte[1000];
        for (int i = 0; i < Count; i++)
        {
            await pair.Client.SendDatagramAsync(datagram).Soon();
        }

        await Task.Delay(200);
        await pair.Client.CloseAsync(0).Soon();
        await reading.Soon();
        Assert.InRange(received, Count / 2, Count);
    }

    [Fact]
    public async Task Priority_has_the_shape_of_the_framework_and_ends_with_the_stream()
    {
        await using ConnectedPair pair = await CreateAsync();
        (QuicStream client, QuicStream server) = await pair.OpenAsync();
        Assert.Equal(0x7F, QuicStream.DefaultPriority);
        Assert.Equal(QuicStream.DefaultPriority, client.Priority);
        Assert.True(client.IsIncremental);
        client.Priority = 255;
        client.IsIncremental = false;
        Assert.Equal(255, client.Priority);
        Assert.False(client.IsIncremental);
        await client.WriteAsync(new byte[100_000], completeWrites: true).Soon();
        server.Priority = 0;
        await server.WriteAsync("back"u8.ToArray(), completeWrites: true).Soon();
        await server.ReadExactlyAsync(new byte[100_000]).Soon();
        await client.ReadExactlyAsync(new byte[4]).Soon();
        await client.DisposeAsync().Soon();
        Assert.Throws<ObjectDisposedException>(() => client.Priority);
        Assert.Throws<ObjectDisposedException>(() => client.Priority = 1);
        Assert.Throws<ObjectDisposedException>(() => client.IsIncremental = true);
    }

    private static Task<ConnectedPair> CreateAsync() =>
        ConnectedPair.CreateAsync(client: options => options.EnableDatagrams = true, server: options => options.EnableDatagrams = true);
}
