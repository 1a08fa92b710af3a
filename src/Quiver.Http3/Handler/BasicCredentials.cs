using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace Quiver.Http3.Handler;

/// <summary>Answers a server that asks for a name and password (RFC 7617).</summary>
internal static class BasicCredentials
{
    private const string Scheme = "Basic";

    /// <summary>Null when the server did not ask, the request has credentials of its own, or there are none for it.</summary>
    public static AuthenticationHeaderValue? Answer(ICredentials? credentials, HttpRequestMessage request, HttpResponseMessage response)
    {
        if (credentials is null
            || response.StatusCode != HttpStatusCode.Unauthorized
            || request.Headers.Authorization is not null
            || !response.Headers.WwwAuthenticate.Any(c => string.Equals(c.Scheme, Scheme, StringComparison.OrdinalIgnoreCase))
            || credentials.GetCredential(request.RequestUri!, Scheme) is not { } found) // Checked by Http3Handler.
        {
            return null;
        }

        string name = string.IsNullOrEmpty(found.Domain) ? found.UserName : $"{found.Domain}\\{found.UserName}";
        return new AuthenticationHeaderValue(Scheme, Convert.ToBase64String(Encoding.UTF8.GetBytes($"{name}:{found.Password}")));
    }
}
