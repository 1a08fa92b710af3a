using System.Buffers;
using System.Collections.Frozen;

namespace Quiver.Http3.Fields;

/// <summary>What names and values of fields may be made of. RFC 9114 §4.2, §10.3, RFC 9110 §5.</summary>
internal static class FieldRules
{
    /// <summary>Lower-case tokens. RFC 9110 §5.6.2, RFC 9114 §4.2.</summary>
    private static readonly SearchValues<char> s_nameCharacters = SearchValues.Create("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz");

    private static readonly SearchValues<char> s_tokenCharacters =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");

    /// <summary>Control characters but the tab. RFC 9110 §5.5: CR, LF and NUL are dangerous, the others of no use.</summary>
    private static readonly SearchValues<char> s_forbidden = SearchValues.Create(
        [.. Enumerable.Range(0, 0x20).Where(x => x != '\t').Select(x => (char)x), '\x7f']);

    /// <summary>Fields of one hop of HTTP/1.1. RFC 9114 §4.2, RFC 9110 §7.6.1.</summary>
    private static readonly FrozenSet<string> s_connectionSpecific = FrozenSet.ToFrozenSet(
        ["connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"], StringComparer.Ordinal);

    public static bool IsName(string name) => name.Length > 0 && !name.AsSpan().ContainsAnyExcept(s_nameCharacters);

    public static bool IsToken(string text) => text.Length > 0 && !text.AsSpan().ContainsAnyExcept(s_tokenCharacters);

    /// <summary>No control characters. RFC 9110 §5.5.</summary>
    public static bool IsValue(string value) => !value.AsSpan().ContainsAny(s_forbidden);

    /// <summary>Space is around a value, not part of it. RFC 9110 §5.5.</summary>
    public static bool HasSpaceAround(string value) => value.Length > 0 && (value[0] is ' ' or '\t' || value[^1] is ' ' or '\t');

    /// <summary>The name in lower case.</summary>
    public static bool IsConnectionSpecific(string name) => s_connectionSpecific.Contains(name);
}
