using System.Formats.Asn1;
using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.Tls.Signatures;

/// <summary>
/// The public key of a certificate, found without parsing the rest of it: building an X509Certificate2 costs more than
/// checking the signature. RFC 5280 §4.1.
/// </summary>
internal readonly ref struct CertificatePublicKey
{
    private const AsnEncodingRules Der = AsnEncodingRules.DER;

    /// <summary>version, an explicit [0], which certificates of version 1 leave out.</summary>
    private static readonly Asn1Tag s_version = new(TagClass.ContextSpecific, 0, isConstructed: true);

    private CertificatePublicKey(
        ReadOnlySpan<byte> info, ReadOnlySpan<byte> algorithm, ReadOnlySpan<byte> parameters, ReadOnlySpan<byte> key)
    {
        Info = info;
        Algorithm = algorithm;
        Parameters = parameters;
        Key = key;
    }

    /// <summary>SubjectPublicKeyInfo in DER.</summary>
    public ReadOnlySpan<byte> Info { get; }

    /// <summary>The algorithm's object identifier, encoded with its tag.</summary>
    public ReadOnlySpan<byte> Algorithm { get; }

    /// <summary>The algorithm's parameters, encoded with their tag; empty when absent.</summary>
    public ReadOnlySpan<byte> Parameters { get; }

    /// <summary>The content of the bit string.</summary>
    public ReadOnlySpan<byte> Key { get; }

    public static CertificatePublicKey Read(ReadOnlySpan<byte> certificate)
    {
        try
        {
            ReadOnlySpan<byte> rest = Sequence(Sequence(certificate, out _), out _);
            if (Asn1Tag.Decode(rest, out _) == s_version)
            {
                Skip(ref rest);
            }

            // serialNumber, signature, issuer, validity, subject.
            for (int i = 0; i < 5; i++)
            {
                Skip(ref rest);
            }

            ReadOnlySpan<byte> content = Sequence(rest, out int length);
            ReadOnlySpan<byte> identifier = Sequence(content, out int identifierLength);
            AsnDecoder.ReadEncodedValue(identifier, Der, out _, out _, out int algorithmLength);
            byte[] key = AsnDecoder.ReadBitString(content[identifierLength..], Der, out _, out _);
            return new CertificatePublicKey(rest[..length], identifier[..algorithmLength], identifier[algorithmLength..], key);
        }
        catch (AsnContentException e)
        {
            TransportException.ThrowAlert(TlsAlert.BadCertificate, "TLS: the peer's certificate is not well-formed", e);
            return default;
        }
    }

    private static ReadOnlySpan<byte> Sequence(ReadOnlySpan<byte> bytes, out int consumed)
    {
        AsnDecoder.ReadSequence(bytes, Der, out int offset, out int length, out consumed);
        return bytes.Slice(offset, length);
    }

    private static void Skip(ref ReadOnlySpan<byte> bytes)
    {
        AsnDecoder.ReadEncodedValue(bytes, Der, out _, out _, out int consumed);
        bytes = bytes[consumed..];
    }
}
