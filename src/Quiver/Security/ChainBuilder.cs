using System.Security.Cryptography.X509Certificates;

namespace Quiver.Security;

/// <summary>
/// Builds chains with the system's trust. On Linux .NET copies every root of the system into a new OpenSSL store for each chain,
/// three quarters of what a chain costs; here only the roots that the peer's certificates name as issuers go in. Where that does not
/// give a complete chain, and on every other system, the ordinary build decides.
/// </summary>
internal static class ChainBuilder
{
    /// <summary>As <see cref="X509Chain.Build"/>; <paramref name="others"/> are what the peer sent beside its leaf.</summary>
    public static bool Build(X509Chain chain, X509Certificate2 leaf, X509Certificate2Collection others)
    {
        X509ChainPolicy policy = chain.ChainPolicy;
        bool isOrdinary = policy.TrustMode == X509ChainTrustMode.System && policy.RevocationMode == X509RevocationMode.NoCheck;
        if (!OperatingSystem.IsLinux() || !isOrdinary)
        {
            return chain.Build(leaf);
        }

        bool mayDownload = !policy.DisableCertificateDownloads;
        AddRoots(policy.CustomTrustStore, leaf, others);
        policy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        policy.DisableCertificateDownloads = true;
        bool isValid = chain.Build(leaf);
        policy.TrustMode = X509ChainTrustMode.System;
        policy.DisableCertificateDownloads = !mayDownload;
        policy.CustomTrustStore.Clear();
        if (isValid || !IsIncomplete(chain))
        {
            return isValid;
        }

        foreach (X509ChainElement element in chain.ChainElements)
        {
            element.Certificate.Dispose();
        }

        chain.Reset();
        chain.ChainPolicy = policy;
        return chain.Build(leaf);
    }

    private static void AddRoots(X509Certificate2Collection roots, X509Certificate2 leaf, X509Certificate2Collection others)
    {
        SystemRoots system = SystemRoots.Current();
        system.AddIssuersOf(leaf, roots);
        foreach (X509Certificate2 other in others)
        {
            system.AddIssuersOf(other, roots);
        }
    }

    private static bool IsIncomplete(X509Chain chain)
    {
        foreach (X509ChainStatus status in chain.ChainStatus)
        {
            if (status.Status.HasFlag(X509ChainStatusFlags.PartialChain))
            {
                return true;
            }
        }

        return false;
    }
}
