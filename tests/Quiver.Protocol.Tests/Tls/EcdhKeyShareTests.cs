using System.Security.Cryptography;
using System.Text.Json;
using Quiver.Protocol.Primitives;
using Quiver.Protocol.Tests.Crypto;
using Quiver.Protocol.Tls;
using Quiver.Protocol.Tls.KeyExchange;
using Quiver.Testing;

namespace Quiver.Protocol.Tests.Tls;

public sealed class EcdhKeyShareTests
{
    [Fact]
    [Rfc(9846, "7.4.2")]
    [Rfc(9846, "4.3.8.2")]
    public void Wycheproof_vectors_agree_and_invalid_points_are_refused()
    {
        foreach (JsonElement test in Wycheproof.Read("ecdh_secp256r1_ecpoint_test.json"))
        {
            byte[] point = Wycheproof.Bytes(test, "public");
            using EcdhKeyShare share = new(NamedGroup.Secp256r1, ImportPrivateKey(Wycheproof.Bytes(test, "private")));
            if (Wycheproof.Result(test) == "valid")
            {
                Assert.True(Wycheproof.Bytes(test, "shared").AsSpan().SequenceEqual(share.Agree(point)), Wycheproof.Name(test));
            }
            else
            {
                // Compressed points are "acceptable" in general, but not in TLS 1.3.
                TransportException thrown = Assert.Throws<TransportException>(() => share.Agree(point));
                Assert.Equal(Alert(TlsAlert.IllegalParameter), thrown.Code);
            }
        }
    }

    [Fact]
    [Rfc(9846, "4.3.8.2")]
    public void Shares_of_a_wrong_length_or_form_are_refused_in_every_group()
    {
        SeededRandom random = new(3);
        foreach (NamedGroup group in TlsSettings.DefaultGroups)
        {
            using IKeyShare client = KeyExchanges.Create(group, random);
            KeyAgreement server = KeyExchanges.Respond(group, client.PublicValue, random);
            Assert.Equal(server.Secret, client.Agree(server.Share));
            byte[] offered = client.PublicValue.ToArray();
            Assert.Throws<TransportException>(() => client.Agree(server.Share.AsSpan(1)));
            Assert.Throws<TransportException>(() => client.Agree([.. server.Share, 0]));
            Assert.Throws<TransportException>(() => KeyExchanges.Respond(group, offered.AsSpan(1), random));
            Assert.Throws<TransportException>(() => KeyExchanges.Respond(group, [.. offered, 0], random));
            Assert.Throws<TransportException>(() => KeyExchanges.Respond(group, new byte[offered.Length], random));
        }
    }

    private static TransportErrorCode Alert(TlsAlert alert) => (TransportErrorCode)((ulong)TransportErrorCode.CryptoError + (ulong)alert);

    private static ECDiffieHellman ImportPrivateKey(byte[] privateKey)
    {
        byte[] d = new byte[32];
        int length = Math.Min(privateKey.Length, d.Length);
        privateKey.AsSpan(privateKey.Length - length).CopyTo(d.AsSpan(d.Length - length));
        return ECDiffieHellman.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, D = d });
    }
}
