namespace Quiver.Http3.Tests.Infrastructure;

/// <summary>Waits for what the network brings in its own time.</summary>
internal static class Eventually
{
    /// <summary>Polls until the value is as expected; fails with the last value seen.</summary>
    public static async Task EqualAsync<T>(T expected, Func<T> actual)
    {
        long end = Environment.TickCount64 + (long)Bounds.Limit.TotalMilliseconds;
        while (!EqualityComparer<T>.Default.Equals(actual(), expected) && Environment.TickCount64 < end)
        {
            await Task.Delay(5);
        }

        Assert.Equal(expected, actual());
    }
}
