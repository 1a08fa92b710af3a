namespace Quiver.Driving;

/// <summary>Send slabs to share: as many as flush at the same time, and no more are kept than <see cref="MaxKept"/>.</summary>
internal sealed class SlabPool
{
    private const int MaxKept = 8;

    private readonly Lock _lock = new();
    private readonly SendSlab[] _kept = new SendSlab[MaxKept];
    private int _count;

    public SendSlab Rent()
    {
        lock (_lock)
        {
            if (_count > 0)
            {
                return _kept[--_count];
            }
        }

        return new SendSlab();
    }

    public void Return(SendSlab slab)
    {
        lock (_lock)
        {
            if (_count < MaxKept)
            {
                _kept[_count++] = slab;
            }
        }
    }
}
