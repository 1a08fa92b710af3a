using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Quiver.Resumption;

/// <summary>
/// By which rules a server's certificate was found good. A session is resumed without asking again only under the same rules: the same
/// callback, the same policy, the same revocation mode.
/// </summary>
internal sealed class VerificationMark(byte[] policy, bool hasCallback, RemoteCertificateValidationCallback? callback)
{
    /// <summary>A hash of everything but the callback.</summary>
    public byte[] Policy { get; } = policy;

    public bool HasCallback { get; } = hasCallback;

    public static VerificationMark Of(SslClientAuthenticationOptions options) => new(
        HashOf(options.CertificateChainPolicy, options.CertificateRevocationCheckMode),
        options.RemoteCertificateValidationCallback is not null,
        options.RemoteCertificateValidationCallback);

    /// <summary>Whether the other rules are these. A callback that came from storage is nobody's.</summary>
    public bool IsSame(VerificationMark other) =>
        HasCallback == other.HasCallback && Policy.AsSpan().SequenceEqual(other.Policy) && (!HasCallback || other.IsCallback(callback));

    private bool IsCallback(RemoteCertificateValidationCallback? other) => callback is not null && callback.Equals(other);

    private static byte[] HashOf(X509ChainPolicy? policy, X509RevocationMode mode)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        if (policy is null)
        {
            Add(hash, $"system {mode}");
            return hash.GetHashAndReset();
        }

        string time = policy.VerificationTimeIgnored ? "now" : $"{policy.VerificationTime.Ticks}";
        Add(
            hash,
            $"policy {policy.TrustMode} {policy.RevocationMode} {policy.RevocationFlag} {policy.VerificationFlags} {time} {policy.DisableCertificateDownloads}");
        AddAll(hash, policy.ApplicationPolicy);
        AddAll(hash, policy.CertificatePolicy);
        AddAll(hash, policy.CustomTrustStore);
        AddAll(hash, policy.ExtraStore);
        return hash.GetHashAndReset();
    }

    private static void AddAll(IncrementalHash hash, OidCollection oids)
    {
        Add(hash, $"oids {oids.Count}");
        foreach (Oid oid in oids)
        {
            Add(hash, oid.Value ?? string.Empty);
        }
    }

    private static void AddAll(IncrementalHash hash, X509Certificate2Collection certificates)
    {
        Add(hash, $"certificates {certificates.Count}");
        foreach (X509Certificate2 certificate in certificates)
        {
            hash.AppendData(SHA256.HashData(certificate.RawDataMemory.Span));
        }
    }

    private static void Add(IncrementalHash hash, string text) => hash.AppendData(Encoding.UTF8.GetBytes(text + "\n"));
}
