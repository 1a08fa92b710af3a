using System.Security.Cryptography;
using Quiver.Protocol.Crypto;
using Quiver.Protocol.Crypto.AesGcm;
using Quiver.Protocol.Primitives;
using Quiver.Testing;

namespace Quiver.Protocol.Tests.Crypto;

public sealed class PacketProtectionTests
{
    public static TheoryData<int> Suites() =>
        [(int)CipherSuite.Aes128GcmSha256, (int)CipherSuite.Aes256GcmSha384, (int)CipherSuite.ChaCha20Poly1305Sha256];

    [Theory]
    [MemberData(nameof(Suites))]
    [Rfc(9001, "5.3")]
    public void Sealing_opening_and_masking_allocate_nothing(int suite)
    {
        using PacketProtection keys = Create((CipherSuite)suite, AeadImplementation.Best);
        byte[] header = new byte[20];
        byte[] payload = new byte[1200];
        byte[] mask = new byte[PacketProtection.MaskLength];
        long Measure()
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (ulong i = 0; i < 1000; i++)
            {
                keys.Seal(i, header, payload);
                keys.HeaderMask(payload.AsSpan(0, PacketProtection.SampleLength), mask);
                Assert.True(keys.TryOpen(i, header, payload));
            }

            return GC.GetAllocatedBytesForCurrentThread() - before;
        }

        Measure();
        Assert.Equal(0, Measure());
    }

    [Theory]
    [MemberData(nameof(Suites))]
    [Rfc(9001, "5.4")]
    public void Every_implementation_gives_the_same_packet_and_mask(int suite)
    {
        byte[] expected = SealOne((CipherSuite)suite, AeadImplementation.Platform);
        foreach (AeadImplementation other in Enum.GetValues<AeadImplementation>().Where(x => Aeads.IsSupported((CipherSuite)suite, x)))
        {
            Assert.Equal(expected, SealOne((CipherSuite)suite, other));
        }
    }

    [Theory]
    [MemberData(nameof(Suites))]
    [Rfc(9001, "6.1")]
    public void A_packet_of_the_next_phase_opens_only_with_the_next_keys(int suite)
    {
        using PacketProtection sender = Create((CipherSuite)suite, AeadImplementation.Best);
        using PacketProtection receiver = Create((CipherSuite)suite, AeadImplementation.Platform);
        using PacketProtection nextSender = sender.CreateNext();
        using PacketProtection nextReceiver = receiver.CreateNext();
        byte[] payload = new byte[300];
        nextSender.Seal(9, [0x40], payload);

        Assert.False(receiver.TryOpen(9, [0x40], [.. payload]));
        Assert.True(nextReceiver.TryOpen(9, [0x40], [.. payload]));
    }

    [Theory]
    [InlineData(16)]
    [InlineData(32)]
    [Rfc(9001, "5.4.3")]
    public void AES_blocks_agree_with_the_platform(int keyLength)
    {
        Random random = new(4711);
        Span<byte> expected = stackalloc byte[16];
        byte[] mask = new byte[5];
        byte[] softwareMask = new byte[5];
        for (int i = 0; i < 200; i++)
        {
            byte[] key = new byte[keyLength];
            byte[] sample = new byte[16];
            random.NextBytes(key);
            random.NextBytes(sample);
            using Aes aes = Aes.Create();
            aes.SetKey(key);
            aes.EncryptEcb(sample, expected, PaddingMode.None);
            CipherSuite suite = keyLength == 16 ? CipherSuite.Aes128GcmSha256 : CipherSuite.Aes256GcmSha384;
            using IHeaderProtection best = Aeads.CreateHeaderProtection(suite, key);
            using IHeaderProtection software = new AesHeaderProtection<SoftwareInstructions>(key);

            best.Mask(sample, mask);
            software.Mask(sample, softwareMask);

            Assert.Equal(expected[..5].ToArray(), mask);
            Assert.Equal(expected[..5].ToArray(), softwareMask);
        }
    }

    [Theory]
    [InlineData(
        "c00cf151ca5be075ed0ebfb5c80323c42d6b7db67881289af4008f1f6c357aea",
        "1f369613dd76d5467730efcbe3b1a22d",
        "fa044b2f42a3fd3b46fb255c",
        "9f50449e04a0e810283a1e9933adedd2")]
    [InlineData(
        "3c199828fd139efd216c155ad844cc81fb82fa8d7446fa7d78be803acdda951b",
        "cf3a5331653c364c88f0f379b6067e37",
        "0ac1493ca1905853b0bba03e",
        "c206b8d9b9f0f37644430b490eeaa314")]
    [Rfc(9001, "A.1")]
    public void Initial_keys_are_those_of_the_sample(string secret, string key, string iv, string headerProtection)
    {
        VersionConstants v1 = VersionConstants.For(QuicVersion.V1);
        string Expand(byte[] label, int length)
        {
            byte[] output = new byte[length];
            HkdfLabel.Expand(CipherSuite.Aes128GcmSha256, Convert.FromHexString(secret), label, [], output);
            return Convert.ToHexStringLower(output);
        }

        Assert.Equal(key, Expand(v1.KeyLabel, 16));
        Assert.Equal(iv, Expand(v1.IvLabel, 12));
        Assert.Equal(headerProtection, Expand(v1.HeaderProtectionLabel, 16));
    }

    [Fact]
    [Rfc(9001, "6.6")]
    public void Limits_are_those_of_the_RFC()
    {
        Assert.Equal(1UL << 23, AeadLimits.Confidentiality(CipherSuite.Aes256GcmSha384));
        Assert.Equal(1UL << 52, AeadLimits.Integrity(CipherSuite.Aes128GcmSha256));
        Assert.Equal(1UL << 62, AeadLimits.Confidentiality(CipherSuite.ChaCha20Poly1305Sha256));
        Assert.Equal(1UL << 36, AeadLimits.Integrity(CipherSuite.ChaCha20Poly1305Sha256));
    }

    private static PacketProtection Create(CipherSuite suite, AeadImplementation implementation)
    {
        byte[] secret = new byte[Aeads.HashLength(suite)];
        secret.AsSpan().Fill(0x5A);
        return PacketProtection.Create(QuicVersion.V1, suite, secret, implementation);
    }

    private static byte[] SealOne(CipherSuite suite, AeadImplementation implementation)
    {
        using PacketProtection keys = Create(suite, implementation);
        byte[] payload = new byte[100];
        keys.Seal(0x1_0000_0001, [1, 2, 3], payload);
        byte[] mask = new byte[PacketProtection.MaskLength];
        keys.HeaderMask(payload.AsSpan(3, PacketProtection.SampleLength), mask);
        return [.. payload, .. mask];
    }
}
