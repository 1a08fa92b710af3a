using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Quiver.Protocol.Crypto;

/// <summary>HKDF-Expand-Label. RFC 9846 §7.1.</summary>
internal static class HkdfLabel
{
    /// <summary>Length, label and context of the longest info in use, with room to spare: the longest label is
    /// "tls13 " and 12 bytes, the longest context a SHA-384 hash.</summary>
    private const int MaxInfoLength = 128;

    private static ReadOnlySpan<byte> Prefix => "tls13 "u8;

    /// <summary>Expands with the suite's hash; <paramref name="label"/> is given without its "tls13 " prefix.</summary>
    public static void Expand(
        CipherSuite suite, ReadOnlySpan<byte> secret, ReadOnlySpan<byte> label, ReadOnlySpan<byte> context, Span<byte> output)
    {
        Span<byte> info = stackalloc byte[MaxInfoLength];
        int length = WriteInfo(info, output.Length, label, context);
        HKDF.Expand(HashOf(suite), secret, output, info[..length]);
    }

    private static int WriteInfo(Span<byte> info, int outputLength, ReadOnlySpan<byte> label, ReadOnlySpan<byte> context)
    {
        BinaryPrimitives.WriteUInt16BigEndian(info, checked((ushort)outputLength));
        info[2] = (byte)(Prefix.Length + label.Length);
        Prefix.CopyTo(info[3..]);
        int position = 3 + Prefix.Length;
        label.CopyTo(info[position..]);
        position += label.Length;
        info[position++] = (byte)context.Length;
        context.CopyTo(info[position..]);
        return position + context.Length;
    }

    private static HashAlgorithmName HashOf(CipherSuite suite) =>
        suite == CipherSuite.Aes256GcmSha384 ? HashAlgorithmName.SHA384 : HashAlgorithmName.SHA256;
}
