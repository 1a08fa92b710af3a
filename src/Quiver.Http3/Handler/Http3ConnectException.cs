using System.Diagnostics.CodeAnalysis;

namespace Quiver.Http3.Handler;

/// <summary>No HTTP/3 connection could be made; nothing of the request was sent.</summary>
[SuppressMessage("Design", "CA1064:Exceptions should be public", Justification = "Users see an HttpRequestException, as from SocketsHttpHandler.")]
[SuppressMessage("Design", "CA1032:Implement standard exception constructors", Justification = "Made in one place.")]
internal sealed class Http3ConnectException(HttpRequestError error, string message, Exception innerException)
    : HttpRequestException(error, message, innerException);
