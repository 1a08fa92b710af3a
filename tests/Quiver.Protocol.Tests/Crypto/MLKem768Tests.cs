using System.Text.Json;
using Quiver.Protocol.Crypto;

namespace Quiver.Protocol.Tests.Crypto;

public sealed class MLKem768Tests
{
    [Fact]
    public void Wycheproof_vectors_of_key_generation_and_decapsulation_agree()
    {
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
            using MLKem768 pair = new(new FixedRandom(seed));
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

    [Fact]
    public void Wycheproof_vectors_of_encapsulation_agree_and_keys_beyond_the_modulus_are_refused()
    {
        foreach (JsonElement test in Wycheproof.Read("mlkem_768_encaps_test.json"))
        {
            byte[] key = Wycheproof.Bytes(test, "ek");
            bool valid = Wycheproof.Result(test) == "valid";
            if (key.Length != MLKem768.EncapsulationKeyLength)
            {
                Assert.False(valid);
                continue;
            }

            byte[] ciphertext = new byte[MLKem768.CiphertextLength];
            byte[] secret = new byte[MLKem768.SecretLength];
            FixedRandom random = new(Wycheproof.Bytes(test, "m"));
            Assert.True(valid == MLKem768.TryEncapsulate(key, random, ciphertext, secret), Wycheproof.Name(test));
            if (valid)
            {
                Assert.True(Wycheproof.Bytes(test, "c").AsSpan().SequenceEqual(ciphertext), Wycheproof.Name(test));
                Assert.True(Wycheproof.Bytes(test, "K").AsSpan().SequenceEqual(secret), Wycheproof.Name(test));
            }
        }
    }
}
