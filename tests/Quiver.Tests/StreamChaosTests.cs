using System.Globalization;
using Quiver.Protocol.Primitives;
using Quiver.Protocol.Streams;
using Quiver.Tests.Infrastructure;

namespace Quiver.Tests;

/// <summary>
/// Sixty-four threads do at random what can be done with streams, on the same ones at once: nothing is thrown but what is documented, and
/// in the end nothing is left.
/// </summary>
[Collection("Leaks are counted for the whole process")]
public sealed class StreamChaosTests(ITestOutputHelper output)
{
    private const int Threads = 64;
    private const int Slots = 48;
    private const int Limit = 60;

    /// <summary>Other than a minute when asked for: <c>QUIVER_CHAOS_SECONDS=600</c>.</summary>
    private static readonly TimeSpan s_duration = TimeSpan.FromSeconds(
        int.TryParse(Environment.GetEnvironmentVariable("QUIVER_CHAOS_SECONDS"), CultureInfo.InvariantCulture, out int seconds) ? seconds : 60);

    private readonly QuicStream?[] _slots = new QuicStream?[Slots];
    private long _operations;

    [Fact]
    public async Task Only_documented_exceptions_are_thrown_and_nothing_is_left()
    {
        await using ConnectedPair pair = await CreateAsync();
        await RunAsync(pair, s_duration, CancellationToken.None);
        output.WriteLine($"{_operations} operations");
        Assert.True(_operations > 1_000);
        await EndAllAsync(pair);
    }

    [Fact]
    public async Task The_connection_may_end_at_any_moment()
    {
        for (int round = 0; round < 4; round++)
        {
            await using ConnectedPair pair = await CreateAsync();
            using var stop = new CancellationTokenSource();
            Task workers = RunAsync(pair, TimeSpan.FromSeconds(10), stop.Token);
            await Task.Delay(Random.Shared.Next(300, 900));
            await (round % 2 == 0 ? pair.Client : pair.Server).CloseAsync(5).Soon();
            await Task.Delay(100);
            await stop.CancelAsync();
            await workers.Soon();
            Array.Clear(_slots);
            await Collecting.UntilAsync(() => StreamCounts.OnWire(pair.Client) == 0 && StreamCounts.OnWire(pair.Server) == 0);
            Assert.Equal(0, StreamCounts.Live(pair.Client));
            Assert.Equal(0, StreamCounts.Live(pair.Server));
        }
    }

    private static Task<ConnectedPair> CreateAsync() => ConnectedPair.CreateAsync(
        client => client.MaxInboundBidirectionalStreams = client.MaxInboundUnidirectionalStreams = Limit,
        server => server.MaxInboundBidirectionalStreams = server.MaxInboundUnidirectionalStreams = Limit);

    private async Task RunAsync(ConnectedPair pair, TimeSpan duration, CancellationToken stop)
    {
        long end = Environment.TickCount64 + (long)duration.TotalMilliseconds;
        // Threads of their own and not the pool's: the system stops them anywhere, as an application's.
        await Task.WhenAll(Enumerable.Range(0, Threads).Select(seed => Task.Factory.StartNew(
            () => Work(pair, new Random(seed), end, stop), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)));
    }

    private void Work(ConnectedPair pair, Random random, long end, CancellationToken stop)
    {
        byte[] buffer = new byte[5_000];
        while (Environment.TickCount64 < end && !stop.IsCancellationRequested)
        {
            using var cancellation = new CancellationTokenSource(random.Next(10) == 0 ? 500 : random.Next(1, 60));
            try
            {
                ActAsync(pair, random, buffer, cancellation.Token).GetAwaiter().GetResult();
                Interlocked.Increment(ref _operations);
            }
            catch (QuicException e) when (e.QuicError is QuicError.OperationAborted or QuicError.StreamAborted or QuicError.ConnectionAborted)
            {
            }
            catch (Exception e) when (e is ObjectDisposedException or OperationCanceledException)
            {
            }
            catch (InvalidOperationException e) when (
                e.Message.Contains("is pending", StringComparison.Ordinal) || e.Message.Contains("has no", StringComparison.Ordinal))
            {
            }
        }
    }

    private async Task ActAsync(ConnectedPair pair, Random random, byte[] buffer, CancellationToken cancellation)
    {
        QuicConnection connection = random.Next(2) == 0 ? pair.Client : pair.Server;
        int slot = random.Next(Slots);
        QuicStream? stream = Volatile.Read(ref _slots[slot]);
        switch (random.Next(12))
        {
            case 0 or 1:
                await ReplaceAsync(slot, await connection.OpenOutboundStreamAsync((QuicStreamType)random.Next(2), cancellation), random);
                break;
            case 2 or 3:
                await ReplaceAsync(slot, await connection.AcceptInboundStreamAsync(cancellation), random);
                break;
            case 4 or 5 when stream is not null:
                await stream.ReadAsync(buffer.AsMemory(0, random.Next(buffer.Length)), cancellation);
                break;
            case 6 or 7 when stream is not null:
                await stream.WriteAsync(buffer.AsMemory(0, random.Next(buffer.Length)), random.Next(4) == 0, cancellation);
                break;
            case 8 when stream is not null:
                stream.CloseWrite();
                break;
            case 9 when stream is not null:
                stream.CloseRead(random.Next(100));
                break;
            case 10 when stream is not null:
                stream.Abort((QuicAbortDirection)random.Next(1, 4), random.Next(100));
                break;
            case 11 when stream is not null:
                await stream.DisposeAsync().AsTask().WaitAsync(cancellation);
                break;
            default:
                await Task.Yield();
                break;
        }
    }

    /// <summary>The stream that was there before is dropped, aborted or disposed.</summary>
    private async Task ReplaceAsync(int slot, QuicStream stream, Random random)
    {
        QuicStream? before = Interlocked.Exchange(ref _slots[slot], stream);
        if (before is not null && random.Next(3) > 0)
        {
            before.Abort((QuicAbortDirection)random.Next(1, 4), 8);
            if (random.Next(2) == 0)
            {
                await before.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromMilliseconds(50)).ContinueWith(
                    task => _ = task.Exception, TaskScheduler.Default);
            }
        }
    }

    private async Task EndAllAsync(ConnectedPair pair)
    {
        for (int i = 0; i < Slots; i++)
        {
            _slots[i]?.Abort(QuicAbortDirection.Both, 9);
            _slots[i] = null;
        }

        using var stop = new CancellationTokenSource();
        Task[] drains = [DrainAsync(pair.Client, stop.Token), DrainAsync(pair.Server, stop.Token)];
        await Collecting.UntilAsync(
            () => StreamCounts.Live(pair.Client) == 0 && StreamCounts.Live(pair.Server) == 0
                && StreamCounts.OnWire(pair.Client) == 0 && StreamCounts.OnWire(pair.Server) == 0,
            () => $"client {StreamCounts.Describe(pair.Client)}; server {StreamCounts.Describe(pair.Server)}");
        await stop.CancelAsync();
        await Task.WhenAll(drains).Soon();
        foreach ((QuicConnection here, QuicConnection there) in new[] { (pair.Client, pair.Server), (pair.Server, pair.Client) })
        {
            StreamContext mine = here.Driver.Core.Streams!;
            StreamContext other = there.Driver.Core.Streams!;
            foreach (StreamDirection direction in Enum.GetValues<StreamDirection>())
            {
                Assert.Equal(mine.Table.Outgoing(direction).Opened, other.Table.Incoming(direction).Opened);
                Assert.Equal((ulong)Limit, mine.Table.Incoming(direction).Available);
            }

            Assert.Equal(mine.ReceiveCredit.Received, mine.ReceiveCredit.Consumed);
            Assert.Equal(mine.SendCredit.Used, other.ReceiveCredit.Received);
        }
    }

    private static async Task DrainAsync(QuicConnection connection, CancellationToken stop)
    {
        try
        {
            while (true)
            {
                QuicStream stream = await connection.AcceptInboundStreamAsync(stop);
                stream.Abort(QuicAbortDirection.Both, 10);
                await stream.DisposeAsync();
            }
        }
        catch (OperationCanceledException)
        {
        }
    }
}
