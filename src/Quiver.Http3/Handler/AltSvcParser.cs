using System.Buffers;
using System.Globalization;
using System.Text;

namespace Quiver.Http3.Handler;

/// <summary>Reads the Alt-Svc field (RFC 7838 §3). From the first thing that is malformed the rest of a field is ignored.</summary>
internal static class AltSvcParser
{
    /// <summary>RFC 7838 §3.1.</summary>
    private static readonly TimeSpan s_defaultMaxAge = TimeSpan.FromHours(24);

    private static readonly SearchValues<char> s_nameEnds = SearchValues.Create("=;,\" \t");

    /// <summary>Reads one field value; true, with an empty list, for "clear".</summary>
    public static bool TryParse(ReadOnlySpan<char> field, List<AltSvcValue> values)
    {
        if (field.Trim(" \t").SequenceEqual("clear"))
        {
            values.Clear();
            return true;
        }

        while (TryReadAlternative(ref field, out AltSvcValue value))
        {
            values.Add(value);
            field = field.TrimStart(" \t");
            if (field.IsEmpty || field[0] != ',')
            {
                break;
            }

            field = field[1..];
        }

        return false;
    }

    private static bool TryReadAlternative(ref ReadOnlySpan<char> field, out AltSvcValue value)
    {
        value = default;
        field = field.TrimStart(" \t,");
        if (!TryReadName(ref field, out string protocol) || !TryReadText(ref field, out string authority)
            || !TrySplitAuthority(authority, out string host, out int port))
        {
            return false;
        }

        TimeSpan maxAge = s_defaultMaxAge;
        bool isPersistent = false;
        while (TrySkip(ref field, ';'))
        {
            if (!TryReadName(ref field, out string parameter) || !TryReadText(ref field, out string text))
            {
                return false;
            }

            if (parameter.Equals("ma", StringComparison.OrdinalIgnoreCase))
            {
                if (!long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long seconds))
                {
                    return false;
                }

                maxAge = TimeSpan.FromSeconds(Math.Min(seconds, int.MaxValue));
            }
            else if (parameter.Equals("persist", StringComparison.OrdinalIgnoreCase))
            {
                // RFC 7838 §3.1: any other value is ignored.
                isPersistent = text == "1";
            }
        }

        value = new AltSvcValue(Uri.UnescapeDataString(protocol), host, port, maxAge, isPersistent);
        return true;
    }

    private static bool TrySkip(ref ReadOnlySpan<char> field, char expected)
    {
        ReadOnlySpan<char> rest = field.TrimStart(" \t");
        if (rest.IsEmpty || rest[0] != expected)
        {
            return false;
        }

        field = rest[1..].TrimStart(" \t");
        return true;
    }

    /// <summary>A token and the "=" behind it.</summary>
    private static bool TryReadName(ref ReadOnlySpan<char> field, out string name)
    {
        int end = field.IndexOfAny(s_nameEnds);
        if (end <= 0 || field[end] != '=')
        {
            name = string.Empty;
            return false;
        }

        name = field[..end].ToString();
        field = field[(end + 1)..];
        return true;
    }

    /// <summary>A token or a quoted string.</summary>
    private static bool TryReadText(ref ReadOnlySpan<char> field, out string text)
    {
        text = string.Empty;
        if (field.IsEmpty)
        {
            return false;
        }

        if (field[0] != '"')
        {
            int end = field.IndexOfAny(";, \t");
            end = end < 0 ? field.Length : end;
            text = field[..end].ToString();
            field = field[end..];
            return text.Length > 0;
        }

        StringBuilder unquoted = new();
        for (int i = 1; i < field.Length; i++)
        {
            if (field[i] == '"')
            {
                text = unquoted.ToString();
                field = field[(i + 1)..];
                return true;
            }

            if (field[i] == '\\' && ++i == field.Length)
            {
                return false;
            }

            unquoted.Append(field[i]);
        }

        return false;
    }

    private static bool TrySplitAuthority(string authority, out string host, out int port)
    {
        int colon = authority.LastIndexOf(':');
        host = string.Empty;
        port = 0;
        if (colon < 0
            || !ushort.TryParse(authority.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out ushort number)
            || number == 0)
        {
            return false;
        }

        host = authority[..colon].Trim('[', ']').ToLowerInvariant();
        port = number;
        return host.Length == 0 || Uri.CheckHostName(host) != UriHostNameType.Unknown;
    }
}
