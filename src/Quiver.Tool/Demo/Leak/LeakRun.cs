using System.Diagnostics;
using Quiver.Tool.Output;
using Spectre.Console;

namespace Quiver.Tool.Demo.Leak;

/// <summary>One run of the leak demo: a server in a second process, a client here, a row each second, and what came of it.</summary>
internal sealed class LeakRun(LeakOptions options, IAnsiConsole console)
{
    private static readonly TimeSpan s_second = TimeSpan.FromSeconds(1);

    public async Task<LeakVerdict> RunAsync(CancellationToken cancellationToken)
    {
        await using LeakServerProcess server = await LeakServerProcess.StartAsync(options.Every, cancellationToken);
        string pace = options.Every > TimeSpan.Zero ? $"every {Rate.OfTime(options.Every)}" : "as fast as it can";
        console.WriteLine($"A server opens streams {pace}, writes \"hello from server\" and closes its write half; the client's way: {LeakOptions.NameOf(options.Client)}.");
        await using QuicConnection connection = await new DemoClient(server.EndPoint, server.Certificate).ConnectAsync(cancellationToken, options.Limit);
        using CancellationTokenSource ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        LeakClient client = new(connection, options.Client);
        Task running = client.RunAsync(ended.Token);
        LeakDisplay display = new(console);
        LeakGrowth kept = default;
        await display.RunAsync(async show => kept = await WatchAsync(server, connection, show, cancellationToken));
        await ended.CancelAsync();
        await running;
        LeakVerdict verdict = LeakVerdict.Of(display.Rows, kept, options.Client);
        console.WriteLine($"The client read {ByteSize.Format(client.Received)}.");
        console.WriteLine(verdict.Text);
        return verdict;
    }

    private async Task<LeakGrowth> WatchAsync(LeakServerProcess server, QuicConnection connection, Action<LeakRow> show, CancellationToken cancellationToken)
    {
        LeakGrowth kept = default;
        using PeriodicTimer timer = new(s_second);
        long start = Stopwatch.GetTimestamp();
        TimeSpan last = TimeSpan.Zero;
        LeakSample before = LeakSample.Empty();
        while (last < options.Duration && await timer.WaitForNextTickAsync(cancellationToken))
        {
            LeakSample sample = await server.SampleAsync(cancellationToken);
            TimeSpan now = Stopwatch.GetElapsedTime(start);
            show(new LeakRow(now, (sample.Opened - before.Opened) / (now - last).TotalSeconds, sample, LeakSample.Take(connection)));
            (last, before) = (now, sample);
            if (kept.Early is null && now >= options.Duration / 4)
            {
                kept = kept with { Early = await KeptAsync(now) };
            }
        }

        return kept with { Late = await KeptAsync(last) };

        async Task<LeakRow> KeptAsync(TimeSpan at) =>
            new(at, 0, await server.SampleCollectedAsync(cancellationToken), LeakSample.TakeCollected(connection));
    }
}
