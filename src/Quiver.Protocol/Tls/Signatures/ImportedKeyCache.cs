namespace Quiver.Protocol.Tls.Signatures;

/// <summary>
/// Public keys that lately verified a signature. To import a key costs more than to verify with it (P-256: 83 µs and 46 µs,
/// RSA: 105 and 18), and clients meet the same servers again. A key is taken out while in use, so that none is used twice at once.
/// </summary>
internal static class ImportedKeyCache
{
    /// <summary>Keys kept, at a few kilobytes each. A key that falls on the place of another displaces it.</summary>
    private const int Places = 64;

    private static readonly ImportedKey?[] s_places = new ImportedKey?[Places];

    public static ImportedKey Take(ReadOnlySpan<byte> subjectPublicKeyInfo, bool isRsa)
    {
        ref ImportedKey? place = ref PlaceOf(subjectPublicKeyInfo);
        ImportedKey? found = Interlocked.Exchange(ref place, null);
        if (found is not null && found.Is(subjectPublicKeyInfo))
        {
            return found;
        }

        found?.Dispose();
        return new ImportedKey(subjectPublicKeyInfo, isRsa);
    }

    /// <summary>Only after it has verified a signature: a peer that just shows keys cannot empty the cache for good.</summary>
    public static void Return(ReadOnlySpan<byte> subjectPublicKeyInfo, ImportedKey key) =>
        Interlocked.Exchange(ref PlaceOf(subjectPublicKeyInfo), key)?.Dispose();

    // HashCode is seeded at random for each process, so a peer cannot choose keys that collide.
    private static ref ImportedKey? PlaceOf(ReadOnlySpan<byte> subjectPublicKeyInfo)
    {
        HashCode hash = default;
        hash.AddBytes(subjectPublicKeyInfo);
        return ref s_places[(uint)hash.ToHashCode() % Places];
    }
}
