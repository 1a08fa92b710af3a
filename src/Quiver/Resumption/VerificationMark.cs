using System.Net.Security;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Quiver.Resumption;

/// <summary>
/// By which rules a server's certificate was found good. A session is resumed without asking again only under the same rules: the same
/// callback, the same policy, the same revocation mode. Tickets live long, so the mark keeps nothing of the application's alive.
/// </summary>
internal sealed class VerificationMark
{
    /// <summary>A callback lives as long as what it belongs to, here as elsewhere, and no longer.</summary>
    private static readonly ConditionalWeakTable<object, RemoteCertificateValidationCallback> s_callbacks = [];

    private readonly WeakReference<RemoteCertificateValidationCallback>? _callback;

    public VerificationMark(byte[] policy, bool hasCallback, RemoteCertificateValidationCallback? callback)
    {
        Policy = policy;
        HasCallback = hasCallback;
        _callback = callback is null ? null : new WeakReference<RemoteCertificateValidationCallback>(Keep(callback));
    }

    /// <summary>A hash of everything but the callback.</summary>
    public byte[] Policy { get; }

    public bool HasCallback { get; }

    public static VerificationMark Of(SslClientAuthenticationOptions options) => new(
        HashOf(options.CertificateChainPolicy, options.CertificateRevocationCheckMode),
        options.RemoteCertificateValidationCallback is not null,
        options.RemoteCertificateValidationCallback);

    /// <summary>Whether the other rules are these. A callback that came from storage is nobody's.</summary>
    public bool IsSame(VerificationMark other) =>
        HasCallback == other.HasCallback && Policy.AsSpan().SequenceEqual(other.Policy) && (!HasCallback || IsSameCallback(other));

    private bool IsSameCallback(VerificationMark other) =>
        _callback?.TryGetTarget(out RemoteCertificateValidationCallback? ours) == true
        && other._callback?.TryGetTarget(out RemoteCertificateValidationCallback? theirs) == true && ours.Equals(theirs);

    // A static method's belongs to its type, which stays.
    private static RemoteCertificateValidationCallback Keep(RemoteCertificateValidationCallback callback)
    {
        object owner = callback.Target ?? typeof(VerificationMark);
        if (s_callbacks.TryGetValue(owner, out RemoteCertificateValidationCallback? known) && known.Equals(callback))
        {
            return known;
        }

        s_callbacks.AddOrUpdate(owner, callback);
        return callback;
    }

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
