using System.Diagnostics.CodeAnalysis;

namespace Quiver.Http3;

/// <summary>
/// The server did nothing with a request, so that it is safe to send it again, whatever its method: it was never sent, the server said
/// so (GOAWAY, H3_REQUEST_REJECTED, H3_VERSION_FALLBACK), or it was early data that the server did not take. Its content may have been
/// read in part. RFC 9114 §4.1.1, §5.2.
/// </summary>
[SuppressMessage("Design", "CA1032:Implement standard exception constructors", Justification = "Made by this library only.")]
public sealed class Http3RequestNotProcessedException : HttpRequestException
{
    internal Http3RequestNotProcessedException(Http3RetryMode retryMode, HttpRequestError error, string message, Exception? innerException)
        : base(error, message, innerException)
    {
        RetryMode = retryMode;
    }

    /// <summary>Where it can be sent again.</summary>
    public Http3RetryMode RetryMode { get; }
}
