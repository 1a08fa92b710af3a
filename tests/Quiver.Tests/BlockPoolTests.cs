using Quiver.Protocol.Buffers;
using Quiver.Tests.Infrastructure;

namespace Quiver.Tests;

/// <summary>What the pool of stream data keeps. Alone, since the pool is the process's.</summary>
[Collection("Leaks are counted for the whole process")]
public sealed class BlockPoolTests
{
    [Fact]
    public void Blocks_that_are_not_needed_go_with_full_collections()
    {
        const int Size = 16 << 10;
        const int Blocks = 1000;
        Settle();
        long before = GC.GetTotalMemory(forceFullCollection: true);
        byte[][] blocks = [.. Enumerable.Range(0, Blocks).Select(_ => BlockPool.Rent(Size))];
        Array.ForEach(blocks, BlockPool.Return);
        Array.Clear(blocks);
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: false) - before, Size * Blocks / 2, long.MaxValue);
        Settle();
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, Size * Blocks / 10);
    }

    // The first collection ends the time in which they were needed, the second lets them go.
    private static void Settle()
    {
        for (int i = 0; i < 4; i++)
        {
            Collecting.Run();
        }
    }
}
