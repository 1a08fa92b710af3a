using System.Net.Security;

namespace Quiver.Security;

/// <summary>What must be right in TLS options before a handshake begins.</summary>
internal static class AuthenticationOptionsCheck
{
    public static void Client(SslClientAuthenticationOptions options, string argumentName) =>
        Common(options.ApplicationProtocols, options.EncryptionPolicy, options.CipherSuitesPolicy, argumentName);

    public static void Server(SslServerAuthenticationOptions options, string argumentName) =>
        Common(options.ApplicationProtocols, options.EncryptionPolicy, options.CipherSuitesPolicy, argumentName);

    private static void Common(
        List<SslApplicationProtocol>? protocols, EncryptionPolicy encryption, CipherSuitesPolicy? suites, string argumentName)
    {
        // RFC 9001 §8.1: endpoints use ALPN.
        if (protocols is null or { Count: 0 })
        {
            throw new ArgumentException("'ApplicationProtocols' must name at least one protocol.", argumentName);
        }

#pragma warning disable SYSLIB0040 // The obsolete values are what is refused.
        if (encryption == EncryptionPolicy.NoEncryption)
        {
            throw new PlatformNotSupportedException("QUIC is always encrypted: 'EncryptionPolicy' must not be NoEncryption.");
        }
#pragma warning restore SYSLIB0040

        if (CipherSuites.Select(suites).Count == 0)
        {
            throw new ArgumentException(
                "'CipherSuitesPolicy' must allow TLS_AES_128_GCM_SHA256, TLS_AES_256_GCM_SHA384 or TLS_CHACHA20_POLY1305_SHA256.", argumentName);
        }
    }
}
