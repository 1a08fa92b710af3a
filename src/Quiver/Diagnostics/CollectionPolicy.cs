using Quiver.Protocol.Primitives;

namespace Quiver.Diagnostics;

/// <summary>
/// Which collection to ask for, for the whole process, while streams cannot be opened: a young one first, a full one when that freed
/// nothing. As long as they help, they come quickly; what does not help becomes rare. Not thread-safe.
/// </summary>
internal sealed class CollectionPolicy
{
    private static readonly TimeSpan s_minPatience = TimeSpan.FromMilliseconds(2);

    /// <summary>The finalizers and the loops need so long to end what a collection found.</summary>
    private static readonly TimeSpan s_youngEffect = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan s_fullEffect = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan s_minPause = TimeSpan.FromSeconds(1);

    /// <summary>Well below the usual idle time-out: one connection's held streams must not keep another's dropped ones until it is closed.</summary>
    private static readonly TimeSpan s_maxPause = TimeSpan.FromSeconds(10);

    private CollectionStep _last;
    private long _leaksBefore;
    private Timestamp _notBefore = new(long.MinValue / 2);
    private Timestamp _effectBy;
    private TimeSpan _pause = s_minPause;
    private int _hasty;

    /// <summary>How long opening must have stalled: less while collections help.</summary>
    public TimeSpan Patience(TimeSpan configured)
    {
        TimeSpan patience = configured / (1 << _hasty);
        return patience > s_minPatience ? patience : s_minPatience < configured ? s_minPatience : configured;
    }

    /// <summary>What to do now, opening having stalled for <see cref="Patience"/>; <paramref name="leaks"/>: how many streams were found dropped so far.</summary>
    public CollectionStep Next(long leaks, Timestamp now)
    {
        if (_last != CollectionStep.None)
        {
            if (leaks > _leaksBefore)
            {
                const int MaxHaste = 6;
                _last = CollectionStep.None;
                _pause = s_minPause;
                _hasty = Math.Min(_hasty + 1, MaxHaste);
            }
            else if (now < _effectBy)
            {
                return CollectionStep.None;
            }
            else if (_last == CollectionStep.Full)
            {
                _last = CollectionStep.None;
                _hasty = 0;
                _notBefore = now + _pause;
                _pause = _pause * 2 < s_maxPause ? _pause * 2 : s_maxPause;
                return CollectionStep.GiveUp;
            }
        }

        if (now < _notBefore)
        {
            return CollectionStep.None;
        }

        _leaksBefore = leaks;
        _last = _last == CollectionStep.Young ? CollectionStep.Full : CollectionStep.Young;
        return _last;
    }

    /// <summary>The step was done and took so long: it must not take more than a tenth of the time, or half of it while each one helps.</summary>
    public void OnDone(TimeSpan took, Timestamp now)
    {
        const int Rest = 9;
        _notBefore = now + (_hasty > 0 ? took : Rest * took);
        _effectBy = now + (_last == CollectionStep.Full ? s_fullEffect : s_youngEffect);
    }
}
