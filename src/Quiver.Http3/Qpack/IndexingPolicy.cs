using System.Collections.Frozen;

namespace Quiver.Http3.Qpack;

/// <summary>
/// Which lines are worth an entry of the dynamic table: those that mostly come again go in at once, those that mostly differ from request
/// to request when they are seen a second time. Secrets that could be guessed never do. RFC 9204 §7.1.
/// </summary>
internal sealed class IndexingPolicy
{
    /// <summary>A short cookie could be guessed through the size of what is sent. RFC 7541 §7.1.3.</summary>
    private const int ShortCookie = 20;

    /// <summary>Lines remembered for having been seen once.</summary>
    private const int History = 128;

    private static readonly FrozenSet<string> s_secret = FrozenSet.ToFrozenSet(["authorization", "proxy-authorization"], StringComparer.Ordinal);

    private static readonly FrozenSet<string> s_varying = FrozenSet.ToFrozenSet(
        [
            ":path", "age", "content-length", "content-range", "date", "etag", "expires", "if-modified-since", "if-none-match", "if-range",
            "if-unmodified-since", "last-modified", "location", "range", "set-cookie", "traceparent", "tracestate", "x-request-id",
        ],
        StringComparer.Ordinal);

    private readonly int[] _seen = new int[History];
    private int _next;

    /// <summary>Nobody on the way may index it either. RFC 9204 §4.5.4.</summary>
    public static bool IsSecret(FieldLine line) =>
        s_secret.Contains(line.Name) || (line.Name is "cookie" or "set-cookie" && line.Value.Length < ShortCookie);

    public bool ShouldInsert(FieldLine line, int capacity)
    {
        // One that would drive out most others is worth less than they.
        if (line.Size > capacity / 2)
        {
            return false;
        }

        if (!s_varying.Contains(line.Name))
        {
            return true;
        }

        int hash = line.GetHashCode();
        if (_seen.AsSpan().Contains(hash))
        {
            return true;
        }

        _seen[_next] = hash;
        _next = (_next + 1) % History;
        return false;
    }
}
