using System.Net.Security;

namespace Quiver.Interop;

/// <summary>Which cipher suites a test case allows.</summary>
internal static class CipherSuites
{
    /// <summary>Null: all.</summary>
    public static CipherSuitesPolicy? For(TestCase testCase)
    {
        if (!testCase.ChaCha20Only)
        {
            return null;
        }

#pragma warning disable CA1416 // The runner's images are Linux.
        return new CipherSuitesPolicy([TlsCipherSuite.TLS_CHACHA20_POLY1305_SHA256]);
#pragma warning restore CA1416
    }
}
