using System.Text.Json;
using Quiver.Protocol.Crypto;
using Quiver.Testing;

namespace Quiver.Protocol.Tests.Crypto;

/// <summary>The Wycheproof vectors of the two AEADs that have QUIC's nonce, tag and key lengths.</summary>
public sealed class WycheproofAeadTests
{
    public static TheoryData<string> ForAes() => AeadCandidates.ForAes();

    public static TheoryData<string> ForChaCha20() => AeadCandidates.ForChaCha20();

    [Theory]
    [MemberData(nameof(ForAes))]
    [Rfc(9001, "5.3")]
    public void AES_GCM_agrees_with_every_vector(string implementation) =>
        Assert.InRange(Check("wycheproof/aes_gcm_test.json", key => AeadCandidates.CreateAes(implementation, key)), 100, int.MaxValue);

    [Theory]
    [MemberData(nameof(ForChaCha20))]
    [Rfc(9001, "5.3")]
    public void ChaCha20_Poly1305_agrees_with_every_vector(string implementation) =>
        Assert.InRange(
            Check(
                "wycheproof/chacha20_poly1305_test.json",
                key => AeadCandidates.Create(CipherSuite.ChaCha20Poly1305Sha256, implementation, key)),
            200,
            int.MaxValue);

    private static int Check(string file, Func<byte[], IAead> create)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(TestVectors.Path(file)));
        int count = 0;
        foreach (JsonElement group in document.RootElement.GetProperty("testGroups").EnumerateArray())
        {
            int keySize = group.GetProperty("keySize").GetInt32();
            if (group.GetProperty("ivSize").GetInt32() != 96 || group.GetProperty("tagSize").GetInt32() != 128 || keySize is not (128 or 256))
            {
                continue;
            }

            foreach (JsonElement test in group.GetProperty("tests").EnumerateArray())
            {
                CheckOne(test, create);
                count++;
            }
        }

        return count;
    }

    private static void CheckOne(JsonElement test, Func<byte[], IAead> create)
    {
        byte[] Bytes(string name) => Convert.FromHexString(test.GetProperty(name).GetString()!);
        string id = test.GetProperty("tcId").ToString();
        using IAead aead = create(Bytes("key"));
        byte[] plain = Bytes("msg");
        byte[] expected = [.. Bytes("ct"), .. Bytes("tag")];

        byte[] opened = [.. expected];
        bool valid = test.GetProperty("result").GetString() == "valid";
        Assert.True(valid == aead.TryOpen(Bytes("iv"), Bytes("aad"), opened), $"test {id}");
        if (!valid)
        {
            return;
        }

        byte[] payload = [.. plain, .. new byte[16]];
        aead.Seal(Bytes("iv"), Bytes("aad"), payload);
        Assert.True(expected.AsSpan().SequenceEqual(payload), $"test {id}: sealed");
        Assert.True(plain.AsSpan().SequenceEqual(opened.AsSpan(0, plain.Length)), $"test {id}: opened");
    }
}
