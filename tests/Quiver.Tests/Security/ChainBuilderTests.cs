using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Quiver.Security;

namespace Quiver.Tests.Security;

/// <summary>The quick way to build a chain says what the ordinary one says.</summary>
public sealed class ChainBuilderTests
{
    [Fact]
    public void Roots_of_the_system_are_judged_as_ever()
    {
        using var store = new X509Store(StoreName.Root, StoreLocation.LocalMachine);
        store.Open(OpenFlags.ReadOnly);
        foreach (X509Certificate2 root in store.Certificates.Take(40))
        {
            Assert.Equal(Ordinary(root, []), Quick(root, []));
        }
    }

    [Fact]
    public void Self_signed_certificate_is_judged_as_ever()
    {
        using X509Certificate2 certificate = Issue("CN=alone", issuer: null, isAuthority: false);
        string verdict = Quick(certificate, []);
        Assert.Equal(Ordinary(certificate, []), verdict);
        Assert.Contains("UntrustedRoot", verdict, StringComparison.Ordinal);
    }

    [Fact]
    public void Chain_to_an_unknown_root_is_judged_as_ever()
    {
        using X509Certificate2 root = Issue("CN=unknown root", issuer: null, isAuthority: true);
        using X509Certificate2 leaf = Issue("CN=leaf", root, isAuthority: false);
        Assert.Equal(Ordinary(leaf, [root]), Quick(leaf, [root]));
        string alone = Quick(leaf, []);
        Assert.Equal(Ordinary(leaf, []), alone);
        Assert.Contains("PartialChain", alone, StringComparison.Ordinal);
    }

    [Fact]
    public void Expired_certificate_is_judged_as_ever()
    {
        using X509Certificate2 root = Issue("CN=unknown root", issuer: null, isAuthority: true);
        using X509Certificate2 leaf = Issue("CN=leaf", root, isAuthority: false, isExpired: true);
        string verdict = Quick(leaf, [root]);
        Assert.Equal(Ordinary(leaf, [root]), verdict);
        Assert.Contains("NotTimeValid", verdict, StringComparison.Ordinal);
    }

    [Fact]
    public void Policy_is_as_it_was_before()
    {
        using X509Certificate2 certificate = Issue("CN=alone", issuer: null, isAuthority: false);
        using var chain = new X509Chain();
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        ChainBuilder.Build(chain, certificate, []);
        Assert.Equal(X509ChainTrustMode.System, chain.ChainPolicy.TrustMode);
        Assert.Empty(chain.ChainPolicy.CustomTrustStore);
        Assert.False(chain.ChainPolicy.DisableCertificateDownloads);
    }

    private static string Quick(X509Certificate2 leaf, X509Certificate2Collection others) =>
        Judge(leaf, others, chain => ChainBuilder.Build(chain, leaf, others));

    private static string Ordinary(X509Certificate2 leaf, X509Certificate2Collection others) => Judge(leaf, others, chain => chain.Build(leaf));

    private static string Judge(X509Certificate2 leaf, X509Certificate2Collection others, Func<X509Chain, bool> build)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.ExtraStore.AddRange(others);
        bool isValid = build(chain);
        string elements = string.Join(" <- ", chain.ChainElements.Select(element => element.Certificate.Subject));
        return $"{isValid} {string.Join(", ", chain.ChainStatus.Select(status => status.Status).Order())} {elements}";
    }

    private static X509Certificate2 Issue(string subject, X509Certificate2? issuer, bool isAuthority, bool isExpired = false)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(isAuthority, false, 0, true));
        DateTimeOffset from = DateTimeOffset.UtcNow.AddDays(-10);
        DateTimeOffset to = DateTimeOffset.UtcNow.AddDays(isExpired ? -5 : 5);
        if (issuer is null)
        {
            return request.CreateSelfSigned(from, to.AddDays(1));
        }

        using X509Certificate2 certificate = request.Create(issuer, from.AddDays(1), to, [1, 2, 3, 4]);
        return certificate.CopyWithPrivateKey(key);
    }
}
