using Quiver.Protocol.Crypto;
using Quiver.Testing;

namespace Quiver.Protocol.Tests.Crypto;

/// <summary>One flipped bit anywhere makes a packet unreadable.</summary>
public sealed class AeadTamperingTests
{
    private const int PayloadLength = 150 + PacketProtection.TagLength;

    public static TheoryData<string> ForAes() => AeadCandidates.ForFastAes();

    public static TheoryData<string> ForChaCha20() => AeadCandidates.ForChaCha20();

    [Theory]
    [MemberData(nameof(ForAes))]
    [Rfc(9001, "5.3")]
    public void AES_GCM_rejects_every_flipped_bit(string implementation)
    {
        using IAead aead = AeadCandidates.CreateAes(implementation, new byte[16]);
        FlipEveryBit(aead);
    }

    [Theory]
    [MemberData(nameof(ForChaCha20))]
    [Rfc(9001, "5.3")]
    public void ChaCha20_Poly1305_rejects_every_flipped_bit(string implementation)
    {
        using IAead aead = AeadCandidates.Create(CipherSuite.ChaCha20Poly1305Sha256, implementation, new byte[32]);
        FlipEveryBit(aead);
    }

    [Theory]
    [MemberData(nameof(ForAes))]
    [Rfc(9001, "5.3")]
    public void A_payload_shorter_than_a_tag_is_rejected(string implementation)
    {
        using IAead aead = AeadCandidates.CreateAes(implementation, new byte[16]);
        for (int length = 0; length < PacketProtection.TagLength; length++)
        {
            Assert.False(aead.TryOpen(new byte[12], [], new byte[length]));
        }
    }

    private static void FlipEveryBit(IAead aead)
    {
        byte[] nonce = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];
        byte[] associated = new byte[21];
        byte[] payload = new byte[PayloadLength];
        aead.Seal(nonce, associated, payload);
        foreach (byte[] target in new[] { nonce, associated, payload })
        {
            for (int bit = 0; bit < 8 * target.Length; bit++)
            {
                target[bit / 8] ^= (byte)(1 << (bit % 8));
                Assert.False(aead.TryOpen(nonce, associated, [.. payload]), $"bit {bit}");
                target[bit / 8] ^= (byte)(1 << (bit % 8));
            }
        }

        Assert.True(aead.TryOpen(nonce, associated, [.. payload]));
    }
}
