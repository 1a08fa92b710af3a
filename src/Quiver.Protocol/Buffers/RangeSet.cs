namespace Quiver.Protocol.Buffers;

/// <summary>
/// A set of unsigned numbers as sorted, disjoint, non-adjacent half-open ranges [Start, End).
/// Few ranges are expected; who fills one from a peer's input caps <see cref="Count"/>.
/// </summary>
internal sealed class RangeSet
{
    private Range[] _ranges = [];
    private int _count;

    public int Count => _count;

    public bool IsEmpty => _count == 0;

    public ulong Min => _ranges[0].Start;

    /// <summary>The largest number in the set.</summary>
    public ulong Max => _ranges[_count - 1].End - 1;

    public Range this[int index] => _ranges[index];

    public ReadOnlySpan<Range> Ranges => _ranges.AsSpan(0, _count);

    /// <summary>Adds [start, end); true if any number of it is new.</summary>
    public bool Add(ulong start, ulong end)
    {
        if (start >= end)
        {
            return false;
        }

        // The common case extends or repeats the last range.
        int first = _count > 0 && start >= _ranges[_count - 1].Start ? _count - 1 : FirstTouching(start);
        if (first < _count && _ranges[first].End < start)
        {
            first++;
        }

        if (first == _count || end < _ranges[first].Start)
        {
            Insert(first, new Range(start, end));
            return true;
        }

        if (start >= _ranges[first].Start && end <= _ranges[first].End)
        {
            return false;
        }

        int last = first;
        while (last + 1 < _count && _ranges[last + 1].Start <= end)
        {
            last++;
        }

        _ranges[first] = new Range(Math.Min(start, _ranges[first].Start), Math.Max(end, _ranges[last].End));
        RemoveAt(first + 1, last - first);
        return true;
    }

    /// <summary>Removes [start, end) from the set.</summary>
    public void Remove(ulong start, ulong end)
    {
        if (start >= end)
        {
            return;
        }

        int index = FirstEndingAfter(start);
        while (index < _count && _ranges[index].Start < end)
        {
            Range range = _ranges[index];
            if (range.Start < start && range.End > end)
            {
                _ranges[index] = new Range(range.Start, start);
                Insert(index + 1, new Range(end, range.End));
                return;
            }

            if (range.Start < start)
            {
                _ranges[index++] = new Range(range.Start, start);
            }
            else if (range.End > end)
            {
                _ranges[index] = new Range(end, range.End);
                return;
            }
            else
            {
                RemoveAt(index, 1);
            }
        }
    }

    public bool Contains(ulong value)
    {
        // Ranges are not adjacent, so if one ends just at the value none starts there.
        int index = FirstTouching(value);
        return index < _count && _ranges[index].Start <= value && value < _ranges[index].End;
    }

    /// <summary>Index of the first range that ends above the value, or <see cref="Count"/>.</summary>
    public int FirstEndingAfter(ulong value)
    {
        int index = FirstTouching(value);
        return index < _count && _ranges[index].End == value ? index + 1 : index;
    }

    public void RemoveFirst() => RemoveAt(0, 1);

    public void Clear() => _count = 0;

    /// <summary>Index of the first range whose end is at or above the value.</summary>
    private int FirstTouching(ulong value)
    {
        int low = 0;
        int high = _count;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (_ranges[middle].End < value)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }

    private void Insert(int index, Range range)
    {
        if (_count == _ranges.Length)
        {
            Array.Resize(ref _ranges, Math.Max(4, _count * 2));
        }

        Array.Copy(_ranges, index, _ranges, index + 1, _count - index);
        _ranges[index] = range;
        _count++;
    }

    private void RemoveAt(int index, int count)
    {
        if (count > 0)
        {
            Array.Copy(_ranges, index + count, _ranges, index, _count - index - count);
            _count -= count;
        }
    }

    internal readonly record struct Range(ulong Start, ulong End)
    {
        public ulong Length => End - Start;
    }
}
