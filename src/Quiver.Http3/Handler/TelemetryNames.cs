using System.Globalization;

namespace Quiver.Http3.Handler;

/// <summary>Values of the tags that metrics and activities share; few and fixed, as OpenTelemetry's conventions ask.</summary>
internal static class TelemetryNames
{
    /// <summary>A method that is not one of the known ones would be a value of its own for each that somebody invents.</summary>
    public static string Method(HttpMethod method)
    {
        string name = method.Method.ToUpperInvariant();
        return name is "GET" or "HEAD" or "POST" or "PUT" or "DELETE" or "CONNECT" or "OPTIONS" or "TRACE" or "PATCH" ? name : "_OTHER";
    }

    /// <summary>Null when the response tells of no error.</summary>
    public static string? ErrorType(int statusCode) =>
        statusCode >= 400 ? statusCode.ToString(CultureInfo.InvariantCulture) : null;

    public static string ErrorType(Exception exception) => exception is HttpRequestException { HttpRequestError: { } error }
        ? error switch
        {
            HttpRequestError.NameResolutionError => "name_resolution_error",
            HttpRequestError.ConnectionError => "connection_error",
            HttpRequestError.SecureConnectionError => "secure_connection_error",
            HttpRequestError.HttpProtocolError => "http_protocol_error",
            HttpRequestError.ExtendedConnectNotSupported => "extended_connect_not_supported",
            HttpRequestError.VersionNegotiationError => "version_negotiation_error",
            HttpRequestError.UserAuthenticationError => "user_authentication_error",
            HttpRequestError.ProxyTunnelError => "proxy_tunnel_error",
            HttpRequestError.InvalidResponse => "invalid_response",
            HttpRequestError.ResponseEnded => "response_ended",
            HttpRequestError.ConfigurationLimitExceeded => "configuration_limit_exceeded",
            _ => exception.GetType().FullName!, // Only generic parameters have none.
        }
        : exception.GetType().FullName!; // As above.
}
