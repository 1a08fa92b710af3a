namespace Quiver.Protocol.Buffers;

/// <summary>
/// Blocks of stream data for the whole process. The shared array pool keeps some dozens of arrays of a size for each core; a busy
/// connection holds hundreds, taken by one thread and given back by another. What is kept is bounded by bytes, and what was not needed
/// from one full collection to the next is let go. Thread-safe.
/// </summary>
internal static class BlockPool
{
    /// <summary>Kept for each size: two of the largest send buffers.</summary>
    public const int MaxKeptBytes = 32 << 20;

    private static readonly int[] s_sizes = [1 << 10, 2 << 10, 16 << 10, 32 << 10];
    private static readonly Shelf[] s_shelves = Array.ConvertAll(s_sizes, size => new Shelf(MaxKeptBytes / size));

    static BlockPool() => FullCollectionHook.Install(Trim);

    /// <summary>Gives a block of one of the sizes that are in use: 1, 2, 16 or 32 KiB. Its content is undefined.</summary>
    public static byte[] Rent(int size)
    {
        int index = Array.IndexOf(s_sizes, size);
        return s_shelves[index].TryTake() ?? GC.AllocateUninitializedArray<byte>(size);
    }

    /// <summary>Takes a block back; the caller must not touch it again.</summary>
    public static void Return(byte[] block) => s_shelves[Array.IndexOf(s_sizes, block.Length)].Put(block);

    private static void Trim()
    {
        foreach (Shelf shelf in s_shelves)
        {
            shelf.Trim();
        }
    }

    private sealed class Shelf(int capacity)
    {
        private readonly Lock _lock = new();
        private byte[][] _blocks = new byte[16][];
        private int _count;

        /// <summary>The fewest that lay here since the last trim: so many were not needed.</summary>
        private int _fewest;

        public byte[]? TryTake()
        {
            lock (_lock)
            {
                if (_count == 0)
                {
                    return null;
                }

                byte[] block = _blocks[--_count];
                _blocks[_count] = null!; // Above the count nothing is read; a reference there would keep a block that was let go.
                _fewest = Math.Min(_fewest, _count);
                return block;
            }
        }

        public void Put(byte[] block)
        {
            lock (_lock)
            {
                if (_count == capacity)
                {
                    return;
                }

                if (_count == _blocks.Length)
                {
                    Array.Resize(ref _blocks, Math.Min(2 * _count, capacity));
                }

                _blocks[_count++] = block;
            }
        }

        public void Trim()
        {
            lock (_lock)
            {
                int kept = _count - _fewest;
                _blocks.AsSpan(kept, _fewest).Clear();
                _count = kept;
                _fewest = kept;
            }
        }
    }
}
