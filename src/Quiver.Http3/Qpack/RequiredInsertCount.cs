namespace Quiver.Http3.Qpack;

/// <summary>How a section says how many insertions it needs: modulo twice the entries that the table can have. RFC 9204 §4.5.1.1.</summary>
internal static class RequiredInsertCount
{
    /// <summary>The least bytes that an entry takes. RFC 9204 §3.2.1.</summary>
    private const int SmallestEntry = 32;

    public static ulong Encode(ulong count, int maxCapacity) => count == 0 ? 0 : (count % (2 * MaxEntries(maxCapacity))) + 1;

    public static ulong Decode(ulong encoded, int maxCapacity, ulong insertCount)
    {
        if (encoded == 0)
        {
            return 0;
        }

        ulong maxEntries = MaxEntries(maxCapacity);
        ulong fullRange = 2 * maxEntries;
        if (encoded > fullRange)
        {
            Fail();
        }

        ulong maxValue = insertCount + maxEntries;
        ulong count = (maxValue / fullRange * fullRange) + encoded - 1;
        if (count > maxValue)
        {
            // A value that no encoder can have meant is an error. RFC 9204 §4.5.1.1.
            if (count <= fullRange)
            {
                Fail();
            }

            count -= fullRange;
        }

        if (count == 0)
        {
            Fail();
        }

        return count;
    }

    private static ulong MaxEntries(int maxCapacity) => (ulong)(maxCapacity / SmallestEntry);

    private static void Fail() =>
        Http3ProtocolException.Throw(Http3ErrorCode.QpackDecompressionFailed, "The Required Insert Count of a field section is invalid.");
}
