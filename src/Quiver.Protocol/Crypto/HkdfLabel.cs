using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Quiver.Protocol.Crypto;

/// <summary>HKDF-Expand-Label. RFC 9846 §7.1.</summary>
internal static class HkdfLabel
{
    /// <summary>Expands with the suite's hash; <paramref name="label"/> is given without its "tls13 " prefix.</summary>
    public static void Expand(
        CipherSuite suite, ReadOnlySpan<byte> secret, ReadOnlySpan<byte> label, ReadOnlySpan<byte> context, Span<byte> output)
    {
        Span<byte> info = stackalloc byte[160];
        BinaryPrimitives.WriteUInt16BigEndian(info, (ushort)output.Length);
        info[2] = (byte)(6 + label.Length);
        "tls13 "u8.CopyTo(info[3..]);
        label.CopyTo(info[9..]);
        info[9 + label.Length] = (byte)context.Length;
        context.CopyTo(info[(10 + label.Length)..]);
        HashAlgorithmName hash = suite == CipherSuite.Aes256GcmSha384 ? HashAlgorithmName.SHA384 : HashAlgorithmName.SHA256;
        HKDF.Expand(hash, secret, output, info[..(10 + label.Length + context.Length)]);
    }
}
