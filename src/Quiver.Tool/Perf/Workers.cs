using System.Diagnostics;

namespace Quiver.Tool.Perf;

/// <summary>Several workers that repeat an operation: first to warm up, then for the time that counts.</summary>
internal static class Workers
{
    public static async Task<PerfSample> RunAsync(PerfOptions options, int count, Func<Task> operation, CancellationToken cancellationToken)
    {
        await RepeatAsync(count, options.WarmUp, operation, record: null, cancellationToken);
        LatencyRecord record = new();
        long start = Stopwatch.GetTimestamp();
        await RepeatAsync(count, options.Duration, operation, record, cancellationToken);
        return record.ToSample(Stopwatch.GetElapsedTime(start));
    }

    private static Task RepeatAsync(int count, TimeSpan duration, Func<Task> operation, LatencyRecord? record, CancellationToken cancellationToken)
    {
        long start = Stopwatch.GetTimestamp();
        Task[] workers = new Task[count];
        for (int i = 0; i < count; i++)
        {
            workers[i] = Task.Run(WorkAsync, cancellationToken);
        }

        return Task.WhenAll(workers);

        async Task WorkAsync()
        {
            List<long> ticks = [];
            long before = Stopwatch.GetTimestamp();

            // At least one each: a busy machine may start a worker only when the time is over, and nothing is no measurement.
            do
            {
                await operation();
                long after = Stopwatch.GetTimestamp();
                ticks.Add(after - before);
                before = after;
            }
            while (Stopwatch.GetElapsedTime(start, before) < duration && !cancellationToken.IsCancellationRequested);

            record?.Add(ticks);
        }
    }
}
