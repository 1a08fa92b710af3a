using System.Security.Cryptography.X509Certificates;
using Quiver.Protocol.Buffers;

namespace Quiver.Security;

/// <summary>
/// Parses peers' certificates. OpenSSL decodes the public key of each, which takes 160 µs, twice what the chain takes that is then
/// built; a copy of a parsed one takes 0.2 µs, and clients meet the same servers again. Chains are built and judged each time.
/// </summary>
internal static class PeerCertificateParser
{
    /// <summary>Certificates kept, at some 10 kilobytes each.</summary>
    private const int Places = 64;

    private static readonly ContentCache<ParsedCertificate> s_cache = new(Places);

    /// <summary>A certificate of the caller's own.</summary>
    /// <exception cref="System.Security.Cryptography.CryptographicException">It is none.</exception>
    public static X509Certificate2 Parse(ReadOnlySpan<byte> der)
    {
        if (s_cache.Take(der) is not { } known)
        {
            return X509CertificateLoader.LoadCertificate(der);
        }

        X509Certificate2 copy = known.Copy();
        s_cache.Return(der, known);
        return copy;
    }

    /// <summary>Keeps the certificates of a peer that was accepted.</summary>
    public static void Keep(IReadOnlyList<ReadOnlyMemory<byte>> accepted)
    {
        foreach (ReadOnlyMemory<byte> der in accepted)
        {
            s_cache.Return(der.Span, s_cache.Take(der.Span) ?? new ParsedCertificate(der.ToArray()));
        }
    }
}
