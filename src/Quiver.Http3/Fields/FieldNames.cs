using System.Collections.Frozen;

namespace Quiver.Http3.Fields;

/// <summary>Names of fields in lower case, as HTTP/3 has them; those that are common cost no string.</summary>
internal static class FieldNames
{
    private static readonly FrozenDictionary<string, string> s_known = FrozenDictionary.ToFrozenDictionary(
        [
            "accept", "accept-charset", "accept-encoding", "accept-language", "accept-ranges", "age", "allow", "alt-svc", "authorization",
            "cache-control", "content-disposition", "content-encoding", "content-language", "content-length", "content-location",
            "content-range", "content-type", "cookie", "date", "etag", "expect", "expires", "from", "host", "if-match", "if-modified-since",
            "if-none-match", "if-range", "if-unmodified-since", "last-modified", "link", "location", "origin", "pragma", "priority", "range",
            "referer", "retry-after", "server", "set-cookie", "strict-transport-security", "te", "traceparent", "tracestate", "trailer",
            "transfer-encoding", "upgrade", "user-agent", "vary", "via", "warning", "www-authenticate", "x-forwarded-for",
            "grpc-accept-encoding", "grpc-encoding", "grpc-timeout", "grpc-status", "grpc-message",
        ],
        name => name,
        StringComparer.OrdinalIgnoreCase);

    public static string ToLower(string name) => s_known.TryGetValue(name, out string? known) ? known : name.ToLowerInvariant();
}
