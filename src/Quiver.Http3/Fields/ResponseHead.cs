using Quiver.Http3.Qpack;

namespace Quiver.Http3.Fields;

/// <summary>The control data of a response. RFC 9114 §4.3.2.</summary>
internal readonly struct ResponseHead
{
    private ResponseHead(int status, long contentLength)
    {
        Status = status;
        ContentLength = contentLength;
    }

    public int Status { get; }

    /// <summary>-1: not given.</summary>
    public long ContentLength { get; }

    /// <summary>The ordinary fields begin after <c>:status</c>.</summary>
    public static int FirstField => 1;

    public bool IsInterim => Status < 200;

    /// <summary>Throws <see cref="Http3StreamException"/> for a malformed response.</summary>
    public static ResponseHead Read(List<FieldLine> lines)
    {
        if (lines.Count == 0 || lines[0].Name != ":status")
        {
            // RFC 9114 §4.3.2: always there. §4.3: no other, and before the fields.
            Http3StreamException.Malformed("A response does not begin with ':status'.");
        }

        string text = lines[0].Value;
        if (text.Length != 3 || !char.IsBetween(text[0], '1', '9') || !char.IsAsciiDigit(text[1]) || !char.IsAsciiDigit(text[2]))
        {
            Http3StreamException.Malformed("A response has a ':status' that is none.");
        }

        int status = ((text[0] - '0') * 100) + ((text[1] - '0') * 10) + (text[2] - '0');
        if (status == 101)
        {
            // RFC 9114 §4.5: there is no switching of protocols.
            Http3StreamException.Malformed("A response has the status 101.");
        }

        long contentLength = FieldValidator.CheckFields(lines, FirstField, FieldSectionKind.Response);
        return new ResponseHead(status, contentLength);
    }
}
