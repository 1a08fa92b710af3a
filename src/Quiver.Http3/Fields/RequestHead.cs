using System.Buffers;
using Quiver.Http3.Qpack;

namespace Quiver.Http3.Fields;

/// <summary>The control data of a request and what was found in its fields. RFC 9114 §4.3.1, §4.4, RFC 9220 §3.</summary>
internal readonly struct RequestHead
{
    /// <summary>What a path may be made of: printing ASCII, without the space. RFC 3986 §3.3, §3.4, and what browsers send beyond it.</summary>
    private static readonly SearchValues<char> s_pathCharacters = SearchValues.Create([.. Enumerable.Range(0x21, 0x7e - 0x20).Select(x => (char)x)]);

    private static readonly SearchValues<char> s_notInAuthority = SearchValues.Create("@/?# \\");

    private RequestHead(string method, string? scheme, string? authority, string? path, string? protocol, long contentLength, int firstField)
    {
        Method = method;
        Scheme = scheme;
        Authority = authority;
        Path = path;
        Protocol = protocol;
        ContentLength = contentLength;
        FirstField = firstField;
    }

    public string Method { get; }

    public string? Scheme { get; }

    /// <summary>Of the pseudo-header field, else of the Host field.</summary>
    public string? Authority { get; }

    public string? Path { get; }

    /// <summary>Of extended CONNECT.</summary>
    public string? Protocol { get; }

    /// <summary>-1: not given.</summary>
    public long ContentLength { get; }

    /// <summary>Where the ordinary fields begin.</summary>
    public int FirstField { get; }

    public bool IsConnect => Method == "CONNECT";

    /// <summary>Throws <see cref="Http3StreamException"/> for a malformed request.</summary>
    public static RequestHead Read(List<FieldLine> lines, bool allowsExtendedConnect)
    {
        string? method = null, scheme = null, authority = null, path = null, protocol = null;
        int first = 0;
        for (; first < lines.Count && lines[first].Name.StartsWith(':'); first++)
        {
            (string name, string value) = lines[first];
            switch (name)
            {
                case ":method":
                    Set(ref method, name, value);
                    break;
                case ":scheme":
                    Set(ref scheme, name, value);
                    break;
                case ":authority":
                    Set(ref authority, name, value);
                    break;
                case ":path":
                    Set(ref path, name, value);
                    break;
                case ":protocol" when allowsExtendedConnect:
                    Set(ref protocol, name, value);
                    break;
                default:
                    // RFC 9114 §4.3: none that is not defined, or not for requests.
                    Http3StreamException.Malformed($"A request has the pseudo-header field '{name}'.");
                    break;
            }
        }

        long contentLength = FieldValidator.CheckFields(lines, first, FieldSectionKind.Request);
        if (method is null || !FieldRules.IsToken(method))
        {
            Http3StreamException.Malformed("A request has no method.");
        }

        if (method == "CONNECT" && protocol is null)
        {
            CheckConnect(scheme, path, authority);
        }
        else
        {
            if (protocol is not null && (method != "CONNECT" || !FieldRules.IsToken(protocol)))
            {
                // RFC 8441 §4: with CONNECT only.
                Http3StreamException.Malformed("A request that is no CONNECT has ':protocol'.");
            }

            CheckTarget(method, scheme, path);
        }

        authority = CheckAuthority(lines, first, scheme, authority);
        if (protocol is not null && authority is null)
        {
            // RFC 8441 §4: scheme, path and authority are all there.
            Http3StreamException.Malformed("An extended CONNECT has no authority.");
        }

        return new RequestHead(method, scheme, authority, path, protocol, contentLength, first);
    }

    private static void Set(ref string? field, string name, string value)
    {
        if (field is not null)
        {
            // RFC 9114 §4.3.1: exactly one value.
            Http3StreamException.Malformed($"A request has '{name}' twice.");
        }

        field = value;
    }

    private static void CheckConnect(string? scheme, string? path, string? authority)
    {
        // RFC 9114 §4.4: no scheme, no path, but host and port.
        if (scheme is not null || path is not null)
        {
            Http3StreamException.Malformed("A CONNECT has ':scheme' or ':path'.");
        }

        int colon = authority?.LastIndexOf(':') ?? -1;
        if (colon <= 0 || !ushort.TryParse(authority.AsSpan(colon + 1), System.Globalization.NumberStyles.None, null, out _))
        {
            Http3StreamException.Malformed("A CONNECT does not name a host and a port.");
        }
    }

    private static void CheckTarget(string method, string? scheme, string? path)
    {
        if (string.IsNullOrEmpty(scheme) || path is null)
        {
            // RFC 9114 §4.3.1.
            Http3StreamException.Malformed("A request has no ':scheme' or no ':path'.");
        }

        if (!char.IsAsciiLetter(scheme[0]) || !FieldRules.IsToken(scheme))
        {
            Http3StreamException.Malformed("A request has a ':scheme' that is none.");
        }

        if (!IsWeb(scheme))
        {
            if (path.AsSpan().ContainsAnyExcept(s_pathCharacters))
            {
                Http3StreamException.Malformed("A request has a ':path' with characters that it must not have.");
            }

            return;
        }

        bool isAsterisk = path == "*" && method == "OPTIONS";
        if ((!path.StartsWith('/') && !isAsterisk) || path.AsSpan().ContainsAnyExcept(s_pathCharacters) || path.Contains('#', StringComparison.Ordinal))
        {
            Http3StreamException.Malformed("A request has a ':path' that is no path.");
        }
    }

    /// <summary>The authority of both fields, which must agree. RFC 9114 §4.3.1.</summary>
    private static string? CheckAuthority(List<FieldLine> lines, int first, string? scheme, string? authority)
    {
        string? host = null;
        for (int i = first; i < lines.Count; i++)
        {
            if (lines[i].Name != "host")
            {
                continue;
            }

            if (host is not null)
            {
                // RFC 9110 §7.2: one Host.
                Http3StreamException.Malformed("A request has two Host fields.");
            }

            host = lines[i].Value;
        }

        bool isWeb = scheme is null || IsWeb(scheme);
        if (isWeb && authority is null && host is null)
        {
            Http3StreamException.Malformed("A request has neither ':authority' nor Host.");
        }

        if (authority is "" || host is "")
        {
            Http3StreamException.Malformed("A request has an empty authority.");
        }

        if (authority is not null && host is not null && !string.Equals(authority, host, StringComparison.OrdinalIgnoreCase))
        {
            Http3StreamException.Malformed("A request has ':authority' and Host, and they differ.");
        }

        string? both = authority ?? host;
        if (isWeb && both is not null && (both.AsSpan().ContainsAny(s_notInAuthority) || !FieldRules.IsValue(both)))
        {
            // RFC 9114 §4.3.1: no user information.
            Http3StreamException.Malformed("A request has an authority with characters that it must not have.");
        }

        return both;
    }

    private static bool IsWeb(string scheme) =>
        string.Equals(scheme, "https", StringComparison.OrdinalIgnoreCase) || string.Equals(scheme, "http", StringComparison.OrdinalIgnoreCase);
}
