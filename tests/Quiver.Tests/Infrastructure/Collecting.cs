namespace Quiver.Tests.Infrastructure;

/// <summary>Forced collections, with finalizers run.</summary>
internal static class Collecting
{
    public static void Run()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
    }

    /// <summary>The bytes on the heap when pools have let go of what they do not need, which takes them two full collections.</summary>
    public static long Measure()
    {
        for (int i = 0; i < 4; i++)
        {
            Run();
        }

        return GC.GetTotalMemory(forceFullCollection: true);
    }

    /// <summary>Collects until the condition holds: state machines on other threads' stacks may hold on for a moment.</summary>
    public static async Task UntilAsync(Func<bool> condition, Func<string>? describe = null)
    {
        for (int attempt = 0; attempt < 200 && !condition(); attempt++)
        {
            Run();
            await Task.Delay(20);
        }

        Assert.True(condition(), describe?.Invoke());
    }
}
