using System.Net.Security;
using System.Text;

namespace Quiver.Tool.Hq;

/// <summary>
/// hq-interop, the file protocol of QUIC's interop tests: the client opens a stream, sends <c>GET /path</c> and CRLF, and reads the
/// file to the end. There are no headers and no status; a server of ours resets the stream with a code when it has no file.
/// </summary>
internal static class HqProtocol
{
    public const int MaxRequestLength = 8192;

    public const long BadRequest = 0x400;
    public const long NotFound = 0x404;
    public const long ReadFailed = 0x500;

    public static readonly SslApplicationProtocol Name = new("hq-interop");

    private static ReadOnlySpan<byte> Method => "GET "u8;

    public static byte[] FormatRequest(string path) => [.. Method, .. Encoding.UTF8.GetBytes(path), .. "\r\n"u8];

    /// <summary>The path of a request, which may lack its line end when the stream has ended.</summary>
    public static bool TryParseRequest(ReadOnlySpan<byte> request, out string path)
    {
        path = string.Empty;
        int end = request.IndexOfAny("\r\n"u8);
        ReadOnlySpan<byte> line = end < 0 ? request : request[..end];
        if (!line.StartsWith(Method))
        {
            return false;
        }

        path = Encoding.UTF8.GetString(line[Method.Length..]).Trim();
        return path.StartsWith('/');
    }

    /// <summary>What a server of ours means by the code it resets a stream with.</summary>
    public static string Describe(long? errorCode) => errorCode switch
    {
        BadRequest => "the server did not understand the request",
        NotFound => "the server has no such file",
        ReadFailed => "the server failed to read the file",
        _ => $"the server gave the stream up with code 0x{errorCode:x}",
    };
}
