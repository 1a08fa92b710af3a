using System.Text.Json;
using Quiver.Protocol.Crypto;
using Quiver.Testing;
using Oracle = Org.BouncyCastle.Math.EC.Rfc7748.X25519;

namespace Quiver.Protocol.Tests.Crypto;

[Rfc(9846, "7.4.2")]
public sealed class X25519Tests
{
    [Fact]
    [Rfc(7748, "5")]
    public void Wycheproof_vectors_agree()
    {
        foreach (JsonElement test in Wycheproof.Read("x25519_test.json"))
        {
            byte[] expected = Wycheproof.Bytes(test, "shared");
            byte[] secret = new byte[X25519.KeyLength];
            bool agreed = X25519.TryAgree(Wycheproof.Bytes(test, "private"), Wycheproof.Bytes(test, "public"), secret);
            Assert.True(expected.AsSpan().SequenceEqual(secret), Wycheproof.Name(test));
            Assert.True(agreed == expected.AsSpan().ContainsAnyExcept((byte)0), Wycheproof.Name(test));
        }
    }

    [Fact]
    [Rfc(7748, "5")]
    public void Random_keys_agree_with_BouncyCastle()
    {
        Random random = new(7748);
        byte[] privateKey = new byte[X25519.KeyLength];
        byte[] point = new byte[X25519.KeyLength];
        byte[] expected = new byte[X25519.KeyLength];
        byte[] actual = new byte[X25519.KeyLength];
        for (int i = 0; i < 200; i++)
        {
            random.NextBytes(privateKey);
            random.NextBytes(point);
            Oracle.CalculateAgreement(privateKey, 0, point, 0, expected, 0);
            X25519.TryAgree(privateKey, point, actual);
            Assert.Equal(expected, actual);
            Oracle.ScalarMultBase(privateKey, 0, expected, 0);
            X25519.DerivePublicKey(privateKey, actual);
            Assert.Equal(expected, actual);
        }
    }

    [Fact]
    [Rfc(7748, "5.2")]
    public void A_thousand_iterations_give_the_value_of_the_RFC()
    {
        byte[] k = new byte[X25519.KeyLength];
        k[0] = 9;
        byte[] u = [.. k];
        byte[] result = new byte[X25519.KeyLength];
        for (int i = 0; i < 1000; i++)
        {
            X25519.TryAgree(k, u, result);
            (u, k, result) = (k, result, u);
        }

        Assert.Equal("684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51", Convert.ToHexStringLower(k));
    }
}
