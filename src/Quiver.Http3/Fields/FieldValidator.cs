using System.Globalization;
using Quiver.Http3.Qpack;

namespace Quiver.Http3.Fields;

/// <summary>Checks the fields of received sections. RFC 9114 §4.1.2, §4.2. Throws <see cref="Http3StreamException"/> with H3_MESSAGE_ERROR.</summary>
internal static class FieldValidator
{
    /// <summary>Checks lines from <paramref name="first"/> on, which must be ordinary fields. Returns the content's length, or -1.</summary>
    public static long CheckFields(List<FieldLine> lines, int first, FieldSectionKind kind)
    {
        long contentLength = -1;
        for (int i = first; i < lines.Count; i++)
        {
            FieldLine line = lines[i];
            if (!FieldRules.IsName(line.Name))
            {
                // RFC 9114 §4.3: pseudo-header fields come first, and not in trailers. §4.2: names are tokens in lower case.
                Http3StreamException.Malformed(
                    line.Name.StartsWith(':') ? $"The pseudo-header field '{line.Name}' is out of place." : "A field name is no token in lower case.");
            }

            // Servers do send space at the end of long values; in requests it is a way to slip something past somebody.
            if (!FieldRules.IsValue(line.Value) || (kind == FieldSectionKind.Request && FieldRules.HasSpaceAround(line.Value)))
            {
                Http3StreamException.Malformed($"The value of the field '{line.Name}' has characters that it must not have.");
            }

            if (FieldRules.IsConnectionSpecific(line.Name))
            {
                // RFC 9114 §4.2: nothing that is about one connection of HTTP/1.1.
                Http3StreamException.Malformed($"The field '{line.Name}' is not of HTTP/3.");
            }

            if (line.Name == "te" && (kind != FieldSectionKind.Request || line.Value != "trailers"))
            {
                // RFC 9114 §4.2: TE is of requests, and "trailers".
                Http3StreamException.Malformed("The field 'te' has another value than \"trailers\".");
            }

            if (line.Name == "content-length" && kind != FieldSectionKind.Trailers)
            {
                contentLength = CombineContentLength(contentLength, line.Value);
            }
        }

        return contentLength;
    }

    /// <summary>Digits; the same value may be there more than once, also in a list. RFC 9110 §8.6.</summary>
    private static long CombineContentLength(long before, string value)
    {
        foreach (Range range in value.AsSpan().Split(','))
        {
            ReadOnlySpan<char> part = value.AsSpan()[range].Trim(' ');
            if (!long.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out long length) || (before >= 0 && before != length))
            {
                Http3StreamException.Malformed("The field 'content-length' is no number, or two that differ.");
            }

            before = length;
        }

        return before;
    }
}
