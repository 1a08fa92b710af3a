using System.Text.Json;
using Quiver.Protocol.Crypto;
using Quiver.Protocol.Crypto.MLKem;
using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.Tests.Crypto;

public sealed class MLKem768Tests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Wycheproof_vectors_of_key_generation_and_decapsulation_agree(bool vector)
    {
        Assert.SkipWhen(vector && !VectorMLKem768.IsSupported, "The processor has no AVX2.");
        int tried = 0;
        foreach (JsonElement test in Wycheproof.Read("mlkem_768_test.json"))
        {
            byte[] seed = Wycheproof.Bytes(test, "seed");
            byte[] ciphertext = Wycheproof.Bytes(test, "c");
            if (seed.Length != 64 || ciphertext.Length != MLKem768.CiphertextLength)
            {
                // Lengths are checked above this type, which takes right ones only.
                Assert.Equal("invalid", Wycheproof.Result(test));
                continue;
            }

            tried++;
            using IMLKemKeyPair pair = Create(vector, new FixedRandom(seed));
            if (test.TryGetProperty("ek", out _))
            {
                Assert.True(Wycheproof.Bytes(test, "ek").AsSpan().SequenceEqual(pair.EncapsulationKey), Wycheproof.Name(test));
            }

            byte[] secret = new byte[MLKem768.SecretLength];
            pair.Decapsulate(ciphertext, secret);
            Assert.True(Wycheproof.Bytes(test, "K").AsSpan().SequenceEqual(secret), Wycheproof.Name(test));
        }

        Assert.True(tried > 100);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Wycheproof_vectors_of_encapsulation_agree_and_keys_beyond_the_modulus_are_refused(bool vector)
    {
        Assert.SkipWhen(vector && !VectorMLKem768.IsSupported, "The processor has no AVX2.");
        foreach (JsonElement test in Wycheproof.Read("mlkem_768_encaps_test.json"))
        {
            byte[] key = Wycheproof.Bytes(test, "ek");
            bool valid = Wycheproof.Result(test) == "valid";
            byte[] ciphertext = new byte[MLKem768.CiphertextLength];
            byte[] secret = new byte[MLKem768.SecretLength];
            FixedRandom random = new(Wycheproof.Bytes(test, "m"));
            Assert.True(valid == TryEncapsulate(vector, key, random, ciphertext, secret), Wycheproof.Name(test));
            if (valid)
            {
                Assert.True(Wycheproof.Bytes(test, "c").AsSpan().SequenceEqual(ciphertext), Wycheproof.Name(test));
                Assert.True(Wycheproof.Bytes(test, "K").AsSpan().SequenceEqual(secret), Wycheproof.Name(test));
            }
        }
    }

    [Fact]
    public void The_implementations_agree_on_random_input()
    {
        Assert.SkipUnless(VectorMLKem768.IsSupported, "The processor has no AVX2.");
        Random random = new(768);
        byte[] seed = new byte[64];
        byte[] message = new byte[32];
        byte[][] ciphertexts = [new byte[MLKem768.CiphertextLength], new byte[MLKem768.CiphertextLength]];
        byte[][] secrets = [new byte[MLKem768.SecretLength], new byte[MLKem768.SecretLength]];
        for (int i = 0; i < 3000; i++)
        {
            random.NextBytes(seed);
            random.NextBytes(message);
            using VectorMLKem768 own = new(new FixedRandom(seed));
            using BouncyCastleMLKem768 oracle = new(new FixedRandom(seed));
            Assert.True(oracle.EncapsulationKey.SequenceEqual(own.EncapsulationKey));

            Assert.True(VectorMLKem768.TryEncapsulate(oracle.EncapsulationKey, new FixedRandom(message), ciphertexts[0], secrets[0]));
            Assert.True(BouncyCastleMLKem768.TryEncapsulate(oracle.EncapsulationKey, new FixedRandom(message), ciphertexts[1], secrets[1]));
            Assert.Equal(ciphertexts[1], ciphertexts[0]);
            Assert.Equal(secrets[1], secrets[0]);
            own.Decapsulate(ciphertexts[0], secrets[0]);
            Assert.Equal(secrets[1], secrets[0]);

            // One bit, then all of it.
            ciphertexts[0][random.Next(MLKem768.CiphertextLength)] ^= (byte)(1 << random.Next(8));
            AssertSameDecapsulation(own, oracle, ciphertexts[0], secrets);
            random.NextBytes(ciphertexts[0]);
            AssertSameDecapsulation(own, oracle, ciphertexts[0], secrets);
        }
    }

    [Fact]
    public void Each_coefficient_of_a_key_is_checked_against_the_modulus()
    {
        Assert.SkipUnless(VectorMLKem768.IsSupported, "The processor has no AVX2.");
        byte[] ciphertext = new byte[MLKem768.CiphertextLength];
        byte[] secret = new byte[MLKem768.SecretLength];
        byte[] key = new byte[MLKem768.EncapsulationKeyLength];
        for (int i = 0; i < 768; i++)
        {
            SetCoefficient(key, i, 3328);
            Assert.True(VectorMLKem768.TryEncapsulate(key, new FixedRandom(new byte[32]), ciphertext, secret));
            foreach (int value in (int[])[3329, 4095])
            {
                SetCoefficient(key, i, value);
                Assert.False(VectorMLKem768.TryEncapsulate(key, new FixedRandom([]), ciphertext, secret));
            }

            SetCoefficient(key, i, 0);
        }

        Assert.False(VectorMLKem768.TryEncapsulate(key.AsSpan(1), new FixedRandom([]), ciphertext, secret));
        Assert.False(VectorMLKem768.TryEncapsulate([.. key, 0], new FixedRandom([]), ciphertext, secret));
    }

    [Fact]
    public void A_ciphertext_of_another_length_is_refused()
    {
        Assert.SkipUnless(VectorMLKem768.IsSupported, "The processor has no AVX2.");
        using VectorMLKem768 pair = new(new FixedRandom(new byte[64]));
        Assert.Throws<ArgumentException>(() => pair.Decapsulate(new byte[MLKem768.CiphertextLength - 1], new byte[32]));
        Assert.Throws<ArgumentException>(() => pair.Decapsulate(new byte[MLKem768.CiphertextLength + 1], new byte[32]));
    }

    [Fact]
    public void A_handshake_allocates_little_more_than_the_key()
    {
        Assert.SkipUnless(VectorMLKem768.IsSupported, "The processor has no AVX2.");
        const int Rounds = 10;
        const int Handshakes = 10;
        ZeroRandom random = new();
        byte[] ciphertext = new byte[MLKem768.CiphertextLength];
        byte[] secret = new byte[MLKem768.SecretLength];
        Exchange(random, ciphertext, secret);

        // The memory of keys is shared: where tests beside this one hold it all, more is made. So the best round counts, and what each
        // handshake allocates is in it.
        long each = long.MaxValue;
        for (int round = 0; round < Rounds; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < Handshakes; i++)
            {
                Exchange(random, ciphertext, secret);
            }

            each = Math.Min(each, (GC.GetAllocatedBytesForCurrentThread() - before) / Handshakes);
        }

        Assert.InRange(each, 0, MLKem768.EncapsulationKeyLength + 128);
    }

    private static void Exchange(IRandomSource random, byte[] ciphertext, byte[] secret)
    {
        using VectorMLKem768 pair = new(random);
        VectorMLKem768.TryEncapsulate(pair.EncapsulationKey, random, ciphertext, secret);
        pair.Decapsulate(ciphertext, secret);
    }

    private static void AssertSameDecapsulation(IMLKemKeyPair own, IMLKemKeyPair oracle, byte[] ciphertext, byte[][] secrets)
    {
        own.Decapsulate(ciphertext, secrets[0]);
        oracle.Decapsulate(ciphertext, secrets[1]);
        Assert.Equal(secrets[1], secrets[0]);
    }

    private static void SetCoefficient(byte[] key, int index, int value)
    {
        for (int bit = 0; bit < 12; bit++)
        {
            int place = (12 * index) + bit;
            int mask = 1 << (place % 8);
            key[place / 8] = (byte)(((value >> bit) & 1) == 0 ? key[place / 8] & ~mask : key[place / 8] | mask);
        }
    }

    private static IMLKemKeyPair Create(bool vector, IRandomSource random) =>
        vector ? new VectorMLKem768(random) : new BouncyCastleMLKem768(random);

    private static bool TryEncapsulate(bool vector, byte[] key, IRandomSource random, byte[] ciphertext, byte[] secret) => vector
        ? VectorMLKem768.TryEncapsulate(key, random, ciphertext, secret)
        : BouncyCastleMLKem768.TryEncapsulate(key, random, ciphertext, secret);

    private sealed class ZeroRandom : IRandomSource
    {
        public void Fill(Span<byte> destination) => destination.Clear();
    }
}
