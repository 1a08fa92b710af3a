using System.Security.Cryptography;
using System.Text;
using Quiver.Protocol.Crypto;
using Quiver.Protocol.Tls.Resumption;
using Quiver.Testing;

namespace Quiver.Protocol.Tests.Crypto;

/// <summary>The "Simple 1-RTT Handshake" of RFC 8448 §3. The hashes are computed from the messages, so the values prove each other.</summary>
[Rfc(8448, "3")]
[Rfc(9846, "7.1")]
public sealed class KeyScheduleTests
{
    private const CipherSuite Suite = CipherSuite.Aes128GcmSha256;
    private const string SharedSecret = "8bd4054fb55b9d63fdfbacf9f04b9f0d35e6d63f537563efd46272900f89492d";
    private const string ClientHandshakeSecret = "b3eddb126e067f35a780b3abf45e2d8f3b1a950738f52e9600746a0e27a55a21";
    private const string ServerHandshakeSecret = "b67b7d690cc16c4e75e54213cb2d37b4e9c912bcded9105d42befd59d391ad38";

    [Fact]
    public void The_keys_of_the_trace_agree_on_the_shared_secret()
    {
        byte[] publicKey = new byte[X25519.KeyLength];
        X25519.DerivePublicKey(Hex("b1580eeadf6dd589b8ef4f2d5652578cc810e9980191ec8d058308cea216a21e"), publicKey);
        Assert.Equal("c9828876112095fe66762bdbf7c672e156d6cc253b833df1dd69b1b04e751f0f", Convert.ToHexStringLower(publicKey));
        byte[] secret = new byte[X25519.KeyLength];
        Assert.True(X25519.TryAgree(Hex("49af42ba7f7994852d713ef2784bcbcaa7911de26adc5642cb634540e7ea5005"), publicKey, secret));
        Assert.Equal(SharedSecret, Convert.ToHexStringLower(secret));
    }

    [Fact]
    public void Handshake_traffic_secrets_agree()
    {
        using KeySchedule schedule = AtHandshake();
        byte[] hash = HashOf(Rfc8448Trace.ClientHello, Rfc8448Trace.ServerHello);
        Assert.Equal(ClientHandshakeSecret, Derive(schedule, "c hs traffic", hash));
        Assert.Equal(ServerHandshakeSecret, Derive(schedule, "s hs traffic", hash));
    }

    [Fact]
    public void Application_and_other_main_secrets_agree()
    {
        using KeySchedule schedule = AtHandshake();
        schedule.EnterMain();
        byte[] hash = HashOf(Rfc8448Trace.ToServerFinished);
        Assert.Equal("9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5", Derive(schedule, "c ap traffic", hash));
        Assert.Equal("a11af9f05531f856ad47116b45a950328204b4f44bfb6b3a4b4f1f3fcb631643", Derive(schedule, "s ap traffic", hash));
        Assert.Equal("fe22f881176eda18eb8f44529e6792c50c9a3f89452f68d8ae311b4309d3cf50", Derive(schedule, "exp master", hash));
        byte[] last = HashOf([.. Rfc8448Trace.ToServerFinished, Rfc8448Trace.ClientFinished]);
        Assert.Equal("7df235f2031d2a051287d02b0241b0bfdaf86cc856231f2d5aba46c434ec196c", Derive(schedule, "res master", last));
    }

    [Fact]
    [Rfc(8448, "4")]
    [Rfc(9846, "4.3.11.2")]
    public void The_resumed_handshake_of_the_trace_agrees()
    {
        // Binders with their length.
        const int Binders = 2 + 1 + 32;
        byte[] psk = PskSecrets.DerivePsk(Suite, Hex("7df235f2031d2a051287d02b0241b0bfdaf86cc856231f2d5aba46c434ec196c"), [0, 0]);
        Assert.Equal("4ecd0eb6ec3b4d87f5d6028f922ca4c5851a277fd41311c9e62d2c9492e1c4f3", Convert.ToHexStringLower(psk));
        byte[] hello = Hex(Rfc8448Trace.ResumingClientHello);
        byte[] binder = new byte[32];
        PskSecrets.ComputeBinder(Suite, psk, hello.AsSpan(0, hello.Length - Binders), binder);
        Assert.Equal(Rfc8448Trace.ResumingClientHello[^64..], Convert.ToHexStringLower(binder));
        Assert.Equal(
            "3fbbe6a60deb66c30a32795aba0eff7eaa10105586e7be5c09678d63b6caab62",
            Convert.ToHexStringLower(PskSecrets.DeriveEarlyTraffic(Suite, psk, hello)));
    }

    [Fact]
    [Rfc(9846, "4.5.3")]
    public void Finished_of_both_sides_agree()
    {
        using KeySchedule schedule = AtHandshake();
        byte[] verifyData = new byte[schedule.HashLength];
        schedule.ComputeFinished(Hex(ServerHandshakeSecret), HashOf(Rfc8448Trace.ToServerFinished[..^1]), verifyData);
        Assert.Equal(Rfc8448Trace.ServerFinished[8..], Convert.ToHexStringLower(verifyData));
        schedule.ComputeFinished(Hex(ClientHandshakeSecret), HashOf(Rfc8448Trace.ToServerFinished), verifyData);
        Assert.Equal(Rfc8448Trace.ClientFinished[8..], Convert.ToHexStringLower(verifyData));
    }

    [Theory]
    [InlineData(Suite)]
    [InlineData(CipherSuite.Aes256GcmSha384)]
    [InlineData(CipherSuite.ChaCha20Poly1305Sha256)]
    public void Every_step_agrees_with_HKDF_of_the_base_class_library(int suiteNumber)
    {
        CipherSuite suite = (CipherSuite)suiteNumber;
        HashAlgorithmName name = suite == CipherSuite.Aes256GcmSha384 ? HashAlgorithmName.SHA384 : HashAlgorithmName.SHA256;
        int length = name == HashAlgorithmName.SHA384 ? 48 : 32;
        byte[] nothing = CryptographicOperations.HashData(name, []);
        byte[] zeros = new byte[length];
        byte[] shared = [.. Enumerable.Range(0, 64).Select(i => (byte)i)];
        byte[] transcript = CryptographicOperations.HashData(name, [1, 2, 3]);

        byte[] early = HKDF.Extract(name, zeros, zeros);
        byte[] handshake = HKDF.Extract(name, shared, Expand(name, early, "derived", nothing));
        byte[] main = HKDF.Extract(name, zeros, Expand(name, handshake, "derived", nothing));

        using KeySchedule schedule = new(suite);
        schedule.EnterHandshake(shared);
        Assert.Equal(Convert.ToHexStringLower(Expand(name, handshake, "s hs traffic", transcript)), Derive(schedule, "s hs traffic", transcript));
        schedule.EnterMain();
        Assert.Equal(Convert.ToHexStringLower(Expand(name, main, "s ap traffic", transcript)), Derive(schedule, "s ap traffic", transcript));
        byte[] finished = new byte[length];
        schedule.ComputeFinished(main, transcript, finished);
        Assert.Equal(CryptographicOperations.HmacData(name, Expand(name, main, "finished", []), transcript), finished);
    }

    private static KeySchedule AtHandshake()
    {
        KeySchedule schedule = new(Suite);
        schedule.EnterHandshake(Hex(SharedSecret));
        return schedule;
    }

    private static string Derive(KeySchedule schedule, string label, byte[] hash)
    {
        byte[] output = new byte[schedule.HashLength];
        schedule.Derive(Encoding.ASCII.GetBytes(label), hash, output);
        return Convert.ToHexStringLower(output);
    }

    private static byte[] Expand(HashAlgorithmName name, byte[] secret, string label, byte[] context)
    {
        byte[] text = Encoding.ASCII.GetBytes("tls13 " + label);
        byte[] info = [0, (byte)secret.Length, (byte)text.Length, .. text, (byte)context.Length, .. context];
        return HKDF.Expand(name, secret, secret.Length, info);
    }

    private static byte[] HashOf(params string[] messages) => SHA256.HashData(Hex(string.Concat(messages)));

    private static byte[] Hex(string hex) => Convert.FromHexString(hex);
}
