namespace Quiver.Threading;

/// <summary>
/// Waits that nobody uses at present, for the whole process: a stream needs one only while something is pending on it. In stripes, so that
/// processors do not contend. Thread-safe.
/// </summary>
internal static class OperationPool<T>
    where T : class, new()
{
    /// <summary>Kept by each stripe, at some 200 bytes.</summary>
    private const int MaxKept = 64;

    private static readonly Stripe[] s_stripes = CreateStripes();

    public static T Rent() => Current.TryTake() ?? new T();

    /// <summary>Takes one back; the caller must not touch it again.</summary>
    public static void Return(T operation) => Current.Put(operation);

    private static Stripe Current => s_stripes[Thread.GetCurrentProcessorId() & (s_stripes.Length - 1)];

    private static Stripe[] CreateStripes()
    {
        const int MaxStripes = 16;
        var stripes = new Stripe[Math.Min(MaxStripes, (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Environment.ProcessorCount))];
        for (int i = 0; i < stripes.Length; i++)
        {
            stripes[i] = new Stripe();
        }

        return stripes;
    }

    private sealed class Stripe
    {
        private readonly Lock _lock = new();
        private readonly T?[] _kept = new T?[MaxKept];
        private int _count;

        public T? TryTake()
        {
            lock (_lock)
            {
                if (_count == 0)
                {
                    return null;
                }

                T? operation = _kept[--_count];
                _kept[_count] = null;
                return operation;
            }
        }

        public void Put(T operation)
        {
            lock (_lock)
            {
                if (_count < MaxKept)
                {
                    _kept[_count++] = operation;
                }
            }
        }
    }
}
