using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using Quiver.Http3.Fields;
using Quiver.Http3.Qpack;

namespace Quiver.Http3.Client;

/// <summary>The header section of a request message. RFC 9114 §4.2, §4.3.1, §4.4, RFC 9220 §3.</summary>
internal static class RequestFields
{
    public static void Write(HttpRequestMessage request, HeaderEncodingSelector<HttpRequestMessage>? encodings, List<FieldLine> lines)
    {
        Uri uri = request.RequestUri!; // Checked by the connection.
        bool isConnect = request.Method == HttpMethod.Connect;
        string? protocol = isConnect ? request.Headers.Protocol : null;
        string authority = AuthorityOf(request, uri, withPort: isConnect && protocol is null);
        lines.Add(new FieldLine(":method", request.Method.Method));
        if (isConnect && protocol is null)
        {
            lines.Add(new FieldLine(":authority", authority));
        }
        else
        {
            lines.Add(new FieldLine(":scheme", uri.Scheme == Uri.UriSchemeWss ? Uri.UriSchemeHttps : uri.Scheme));
            lines.Add(new FieldLine(":authority", authority));
            lines.Add(new FieldLine(":path", PathOf(request, uri)));
            if (protocol is not null)
            {
                lines.Add(new FieldLine(":protocol", protocol));
            }
        }

        WriteHeaders(request, request.Headers.NonValidated, encodings, lines);
        if (request.Content is { } content)
        {
            // Asking for it puts it among the headers.
            long? length = content.Headers.ContentLength;
            WriteHeaders(request, content.Headers.NonValidated, encodings, lines);
            _ = length;
        }
        else if (request.Method == HttpMethod.Post || request.Method == HttpMethod.Put || request.Method == HttpMethod.Patch)
        {
            // RFC 9110 §8.6: methods that expect content say that there is none.
            lines.Add(new FieldLine("content-length", "0"));
        }
    }

    /// <summary>In bytes as RFC 9114 §4.2.2 counts them.</summary>
    public static long SizeOf(List<FieldLine> lines)
    {
        long size = 0;
        foreach (FieldLine line in lines)
        {
            size += line.Size;
        }

        return size;
    }

    private static string AuthorityOf(HttpRequestMessage request, Uri uri, bool withPort)
    {
        if (request.Headers.Host is { } host)
        {
            return host;
        }

        string name = uri.HostNameType == UriHostNameType.IPv6 ? uri.Host : uri.IdnHost;
        return uri.IsDefaultPort && !withPort ? name : string.Create(CultureInfo.InvariantCulture, $"{name}:{uri.Port}");
    }

    private static string PathOf(HttpRequestMessage request, Uri uri) =>
        // RFC 9114 §4.3.1: OPTIONS for the server as a whole.
        request.Method == HttpMethod.Options && uri.OriginalString.EndsWith("/*", StringComparison.Ordinal) && uri.AbsolutePath == "/*" ? "*" : uri.PathAndQuery;

    private static void WriteHeaders(
        HttpRequestMessage request, HttpHeadersNonValidated headers, HeaderEncodingSelector<HttpRequestMessage>? encodings, List<FieldLine> lines)
    {
        foreach ((string original, HeaderStringValues values) in headers)
        {
            string name = FieldNames.ToLower(original);
            if (name == "te")
            {
                WriteTe(values, lines);
            }
            else if (name != "host" && !FieldRules.IsConnectionSpecific(name))
            {
                lines.Add(new FieldLine(name, ValueOf(request, original, name, values, encodings)));
            }
        }
    }

    /// <summary>RFC 9114 §4.2: only "trailers" may be sent.</summary>
    private static void WriteTe(HeaderStringValues values, List<FieldLine> lines)
    {
        foreach (string value in values)
        {
            if (value.Contains("trailers", StringComparison.OrdinalIgnoreCase))
            {
                lines.Add(new FieldLine("te", "trailers"));
                return;
            }
        }
    }

    private static string ValueOf(
        HttpRequestMessage request, string original, string name, HeaderStringValues values, HeaderEncodingSelector<HttpRequestMessage>? encodings)
    {
        string value = values.Count == 1 ? values.ToString() : string.Join(SeparatorOf(name), (IEnumerable<string>)values);
        if (encodings?.Invoke(original, request) is { } encoding)
        {
            value = Encoding.Latin1.GetString(encoding.GetBytes(value));
        }
        else if (!Ascii.IsValid(value))
        {
            throw new HttpRequestException(
                $"The request header '{original}' has characters outside ASCII. Encode them, or set RequestHeaderEncodingSelector.");
        }

        if (!FieldRules.IsValue(value))
        {
            throw new HttpRequestException($"The request header '{original}' has control characters.");
        }

        return value.Trim(' ', '\t');
    }

    private static string SeparatorOf(string name) => name switch
    {
        "cookie" => "; ",
        "user-agent" => " ",
        _ => ", ",
    };
}
