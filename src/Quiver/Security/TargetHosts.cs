using System.Globalization;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Quiver.Security;

/// <summary>Names of servers: as sent in SNI, and as looked for in certificates.</summary>
internal static class TargetHosts
{
    /// <summary>The name to send as SNI, in ASCII; null for an IP address, which is never sent. RFC 6066 §3.</summary>
    public static string? ToServerName(string? host)
    {
        string name = Normalize(host);
        return name.Length == 0 || IPAddress.TryParse(name, out _) ? null : name;
    }

    /// <summary>Whether the certificate is for the host: by its alternative names, and by its common name when it has none.</summary>
    public static bool Matches(X509Certificate2 certificate, string host)
    {
        string name = Normalize(host);
        if (name.Length == 0)
        {
            return false;
        }

        try
        {
            return certificate.MatchesHostname(name);
        }
        catch (ArgumentException)
        {
            // Not a name that any certificate could have.
            return false;
        }
    }

    private static string Normalize(string? host)
    {
        if (string.IsNullOrEmpty(host))
        {
            return string.Empty;
        }

        string name = host.TrimEnd('.');
        if (Ascii.IsValid(name))
        {
            return name;
        }

        try
        {
            return new IdnMapping().GetAscii(name);
        }
        catch (ArgumentException)
        {
            return name;
        }
    }
}
