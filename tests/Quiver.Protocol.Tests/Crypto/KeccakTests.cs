using System.Runtime.Intrinsics.X86;
using Org.BouncyCastle.Crypto.Digests;
using Quiver.Protocol.Crypto.MLKem;

namespace Quiver.Protocol.Tests.Crypto;

/// <summary>Our hashes against BouncyCastle's.</summary>
public sealed class KeccakTests
{
    [Fact]
    public void Digests_of_all_lengths_agree()
    {
        Random random = new(202);
        for (int length = 0; length < 1200; length++)
        {
            byte[] data = new byte[length];
            random.NextBytes(data);
            int split = random.Next(length + 1);
            byte[] digest = new byte[32];
            Sponge.H(data, digest);
            Assert.Equal(Digest(new Sha3Digest(256), data), digest);
            Sponge.J(data.AsSpan(0, split), data.AsSpan(split), digest);
            Assert.Equal(Extend(256, data, 32), digest);
            byte[] longDigest = new byte[64];
            Sponge.G(data.AsSpan(0, split), data.AsSpan(split), longDigest);
            Assert.Equal(Digest(new Sha3Digest(512), data), longDigest);
        }
    }

    [Fact]
    public void Four_states_at_once_give_what_each_gives_alone()
    {
        Assert.SkipUnless(Avx2.IsSupported, "The processor has no AVX2.");
        Random random = new(1600);
        ulong[] four = new ulong[KeccakFour.Words];
        ulong[] single = new ulong[Keccak.Lanes];
        for (int round = 0; round < 1000; round++)
        {
            for (int i = 0; i < four.Length; i++)
            {
                four[i] = (ulong)random.NextInt64(long.MinValue, long.MaxValue);
            }

            ulong[] before = [.. four];
            KeccakFour.Permute(four);
            for (int state = 0; state < KeccakFour.States; state++)
            {
                for (int i = 0; i < single.Length; i++)
                {
                    single[i] = before[(i * KeccakFour.States) + state];
                }

                Keccak.Permute(single);
                for (int i = 0; i < single.Length; i++)
                {
                    Assert.Equal(single[i], four[(i * KeccakFour.States) + state]);
                }
            }
        }
    }

    private static byte[] Digest(Sha3Digest digest, byte[] data)
    {
        byte[] result = new byte[digest.GetDigestSize()];
        digest.BlockUpdate(data, 0, data.Length);
        digest.DoFinal(result, 0);
        return result;
    }

    private static byte[] Extend(int strength, byte[] data, int length)
    {
        ShakeDigest digest = new(strength);
        byte[] result = new byte[length];
        digest.BlockUpdate(data, 0, data.Length);
        digest.OutputFinal(result, 0, length);
        return result;
    }
}
