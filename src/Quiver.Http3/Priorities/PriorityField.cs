namespace Quiver.Http3.Priorities;

/// <summary>Reads the value of a Priority field or PRIORITY_UPDATE frame: a dictionary of structured fields. RFC 9218 §5, RFC 8941 §3.2.</summary>
internal static class PriorityField
{
    /// <summary>Members beyond these are not looked at: two are defined.</summary>
    private const int MaxMembers = 16;

    /// <summary>Unknown members, and values out of range or of other types, count as not there. RFC 9218 §4. Never fails.</summary>
    public static Http3Priority Parse(ReadOnlySpan<char> value)
    {
        int urgency = Http3Priority.DefaultUrgency;
        bool isIncremental = false;
        for (int i = 0; i < MaxMembers && TryTakeMember(ref value, out ReadOnlySpan<char> key, out ReadOnlySpan<char> item); i++)
        {
            if (key is "u")
            {
                urgency = item.Length == 1 && char.IsBetween(item[0], '0', '7') ? item[0] - '0' : Http3Priority.DefaultUrgency;
            }
            else if (key is "i")
            {
                // A member without a value is true. RFC 8941 §3.2.
                isIncremental = item is "" or "?1";
            }
        }

        return new Http3Priority(urgency, isIncremental);
    }

    /// <summary>Key and bare item of the next member; parameters are left out.</summary>
    private static bool TryTakeMember(ref ReadOnlySpan<char> rest, out ReadOnlySpan<char> key, out ReadOnlySpan<char> item)
    {
        rest = rest.TrimStart(" \t");
        key = item = default;
        if (rest.IsEmpty)
        {
            return false;
        }

        ReadOnlySpan<char> member = rest[..EndOfMember(rest)];
        rest = rest[Math.Min(member.Length + 1, rest.Length)..];
        int parameters = member.IndexOf(';');
        int equals = member.IndexOf('=');
        if (equals >= 0 && (parameters < 0 || equals < parameters))
        {
            key = member[..equals].Trim(" \t");
            item = parameters < 0 ? member[(equals + 1)..] : member[(equals + 1)..parameters];
        }
        else
        {
            key = parameters < 0 ? member : member[..parameters];
        }

        key = key.Trim(" \t");
        item = item.Trim(" \t");
        return true;
    }

    /// <summary>The comma after it that is in no string.</summary>
    private static int EndOfMember(ReadOnlySpan<char> text)
    {
        bool isQuoted = false;
        for (int i = 0; i < text.Length; i++)
        {
            switch (text[i])
            {
                case '\\' when isQuoted:
                    i++;
                    break;
                case '"':
                    isQuoted = !isQuoted;
                    break;
                case ',' when !isQuoted:
                    return i;
            }
        }

        return text.Length;
    }
}
