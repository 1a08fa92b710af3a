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
        long before = Collecting.Measure();
        byte[][] blocks = [.. Enumerable.Range(0, Blocks).Select(_ => BlockPool.Rent(Size))];
        Array.ForEach(blocks, BlockPool.Return);
        Array.Clear(blocks);
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: false) - before, Size * Blocks / 2, long.MaxValue);
        Assert.InRange(Collecting.Measure() - before, long.MinValue, Size * Blocks / 10);
    }
}
