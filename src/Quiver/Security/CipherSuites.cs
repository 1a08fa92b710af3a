using System.Net.Security;
using Quiver.Protocol.Crypto;
using Quiver.Protocol.Tls;

namespace Quiver.Security;

/// <summary>The cipher suites of QUIC in the words of System.Net.Security. RFC 9001 §5.3.</summary>
internal static class CipherSuites
{
    /// <summary>The suites that a policy allows, in its order; empty when it allows none of ours.</summary>
    public static IReadOnlyList<CipherSuite> Select(CipherSuitesPolicy? policy)
    {
        if (policy is null)
        {
            return TlsSettings.DefaultSuites;
        }

#pragma warning disable CA1416 // The policy exists only where it could be made.
        return [.. policy.AllowedCipherSuites.Where(suite => TlsSettings.DefaultSuites.Contains(FromTls(suite))).Select(FromTls)];
#pragma warning restore CA1416
    }

    /// <summary>Both number suites as TLS does.</summary>
    public static TlsCipherSuite ToTls(CipherSuite suite) => (TlsCipherSuite)(ushort)suite;

    private static CipherSuite FromTls(TlsCipherSuite suite) => (CipherSuite)(ushort)suite;
}
