namespace Quiver.Protocol.Buffers;

/// <summary>
/// Things lately made from bytes, for the next time that the same bytes come. Of the things whose bytes fall on one place, the last
/// stays. A thing is taken out while in use, so that none is used twice at once. Thread-safe.
/// </summary>
internal sealed class ContentCache<T>(int places)
    where T : class, IMadeFromContent
{
    private readonly T?[] _places = new T?[places];

    /// <summary>Takes what was made from these bytes; null when there is none.</summary>
    public T? Take(ReadOnlySpan<byte> content)
    {
        ref T? place = ref PlaceOf(content);
        T? found = Interlocked.Exchange(ref place, null);
        if (found is null || found.Is(content))
        {
            return found;
        }

        Put(ref place, found);
        return null;
    }

    /// <summary>
    /// Gives a thing to keep, or back. Only once its bytes have proved themselves: otherwise a peer that just shows some could empty
    /// the cache for good.
    /// </summary>
    public void Return(ReadOnlySpan<byte> content, T thing) => Put(ref PlaceOf(content), thing);

    private static void Put(ref T? place, T thing) => Interlocked.Exchange(ref place, thing)?.Dispose();

    // HashCode is seeded at random for each process, so a peer cannot choose bytes that collide.
    private ref T? PlaceOf(ReadOnlySpan<byte> content)
    {
        HashCode hash = default;
        hash.AddBytes(content);
        return ref _places[(uint)hash.ToHashCode() % (uint)_places.Length];
    }
}
