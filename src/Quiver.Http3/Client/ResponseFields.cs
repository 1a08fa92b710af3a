using System.Text;
using Quiver.Http3.Fields;
using Quiver.Http3.Qpack;

namespace Quiver.Http3.Client;

/// <summary>Puts received fields into a response message.</summary>
internal static class ResponseFields
{
    public static void Fill(HttpResponseMessage response, List<FieldLine> lines, HeaderEncodingSelector<HttpRequestMessage>? encodings)
    {
        for (int i = ResponseHead.FirstField; i < lines.Count; i++)
        {
            string value = ValueOf(lines[i], response, encodings);
            if (!response.Headers.TryAddWithoutValidation(lines[i].Name, value))
            {
                response.Content.Headers.TryAddWithoutValidation(lines[i].Name, value);
            }
        }
    }

    public static void FillTrailers(HttpResponseMessage response, List<FieldLine> lines)
    {
        foreach (FieldLine line in lines)
        {
            response.TrailingHeaders.TryAddWithoutValidation(line.Name, line.Value);
        }
    }

    private static string ValueOf(FieldLine line, HttpResponseMessage response, HeaderEncodingSelector<HttpRequestMessage>? encodings) =>
        encodings is not null && !Ascii.IsValid(line.Value) && encodings(line.Name, response.RequestMessage!) is { } encoding // Set by the exchange.
            ? encoding.GetString(Encoding.Latin1.GetBytes(line.Value))
            : line.Value;
}
