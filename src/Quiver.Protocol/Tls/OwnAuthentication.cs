using System.Security.Cryptography;
using Quiver.Protocol.Primitives;
using Quiver.Protocol.Tls.Messages;

namespace Quiver.Protocol.Tls;

/// <summary>Our chain and our proof of its key. RFC 9846 §4.5.</summary>
internal static class OwnAuthentication
{
    /// <summary>The best scheme of our key that the peer takes; null when there is none.</summary>
    public static SignatureScheme? ChooseScheme(TlsCertificate certificate, CodePoints accepted)
    {
        foreach (SignatureScheme scheme in certificate.Signer.Schemes)
        {
            if (accepted.Contains((ushort)scheme))
            {
                return scheme;
            }
        }

        return null;
    }

    /// <summary>Writes Certificate and CertificateVerify.</summary>
    public static void Write(
        TlsWriter writer, TlsCertificate certificate, SignatureScheme scheme, EndpointRole signer, Transcript transcript)
    {
        transcript.Add(CertificateMessage.Write(writer, certificate.Chain));
        Span<byte> content = stackalloc byte[CertificateVerify.MaxContentLength];
        int length = CertificateVerify.WriteContent(signer, transcript, content);
        transcript.Add(CertificateVerify.Write(writer, scheme, Sign(certificate.Signer, scheme, content[..length])));
    }

    private static byte[] Sign(ITlsSigner signer, SignatureScheme scheme, ReadOnlySpan<byte> content)
    {
        try
        {
            return signer.Sign(scheme, content);
        }
        catch (CryptographicException e)
        {
            TransportException.ThrowAlert(TlsAlert.InternalError, "TLS: our private key cannot sign", e);
            return [];
        }
    }
}
