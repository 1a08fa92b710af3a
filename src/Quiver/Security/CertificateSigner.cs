using System.Security.Cryptography.X509Certificates;
using Quiver.Protocol.Tls;

namespace Quiver.Security;

/// <summary>Makes the signer for the private key of a certificate.</summary>
internal static class CertificateSigner
{
    public static ITlsSigner Create(X509Certificate2 certificate)
    {
        if (certificate.GetECDsaPrivateKey() is { } ecdsa)
        {
            return new EcdsaSigner(ecdsa);
        }

        if (certificate.GetRSAPrivateKey() is { } rsa)
        {
            return new RsaSigner(rsa);
        }

        throw new ArgumentException($"The private key of the certificate ({certificate.Subject}) is neither RSA nor ECDSA.");
    }
}
