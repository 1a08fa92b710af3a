using System.Buffers;

namespace Quiver.AspNetCore.Streams;

/// <summary>A rented piece of memory in a chain, filled from the front. Whoever unlinks it releases it, and may then rent again with the same object.</summary>
internal sealed class Segment : ReadOnlySequenceSegment<byte>
{
    private IMemoryOwner<byte>? _owner;
    private Memory<byte> _memory;

    /// <summary>How far it was taken.</summary>
    public int Start { get; set; }

    /// <summary>How far it is filled.</summary>
    public int End { get; private set; }

    public Memory<byte> Free => _memory[End..];

    public Segment? Following => (Segment?)Next;

    public void Rent(MemoryPool<byte> pool, int size)
    {
        _owner = size <= pool.MaxBufferSize ? pool.Rent(size) : MemoryPool<byte>.Shared.Rent(size);
        _memory = _owner.Memory;
        Memory = default;
        RunningIndex = 0;
        Start = 0;
        End = 0;
        Next = null;
    }

    public void Release()
    {
        _owner?.Dispose();
        _owner = null;
        _memory = default;
        Memory = default;
        Next = null;
    }

    public void Fill(int count)
    {
        End += count;
        Memory = _memory[..End];
    }

    /// <summary>Puts an empty one behind this, which is filled no more.</summary>
    public void Append(Segment next)
    {
        next.RunningIndex = RunningIndex + End;
        Next = next;
    }
}
