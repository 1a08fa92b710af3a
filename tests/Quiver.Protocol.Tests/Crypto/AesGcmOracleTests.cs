using System.Security.Cryptography;
using Quiver.Protocol.Crypto;
using Quiver.Testing;

namespace Quiver.Protocol.Tests.Crypto;

/// <summary>Random keys, lengths and bytes against the platform's AES-GCM.</summary>
public sealed class AesGcmOracleTests(ITestOutputHelper output)
{
    private const int TagLength = PacketProtection.TagLength;

    // Sized for about two seconds each; QUIVER_LONG_TESTS multiplies it for a thorough run.
    private static readonly int s_scale =
        int.TryParse(Environment.GetEnvironmentVariable("QUIVER_LONG_TESTS"), out int scale) ? scale : 1;

    public static TheoryData<string> ForAes() => AeadCandidates.ForAesAgainstPlatform();

    [Theory]
    [MemberData(nameof(ForAes))]
    [Rfc(9001, "5.3")]
    public void Short_packets_agree(string implementation) => Compare(implementation, 700_000 * s_scale, maxLength: 64, perKey: 5_000);

    [Theory]
    [MemberData(nameof(ForAes))]
    [Rfc(9001, "5.3")]
    public void Packets_agree(string implementation) => Compare(implementation, 150_000 * s_scale, maxLength: 1_600, perKey: 300);

    [Theory]
    [MemberData(nameof(ForAes))]
    [Rfc(9001, "5.3")]
    public void Long_payloads_agree(string implementation) => Compare(implementation, 3_000 * s_scale, maxLength: 20_000, perKey: 30);

    [Theory]
    [MemberData(nameof(ForAes))]
    [Rfc(9001, "5.3")]
    public void Every_length_up_to_600_agrees(string implementation)
    {
        Random random = Seeded();
        using Pair pair = new(implementation, random, keyLength: 16);
        for (int length = 0; length <= 600; length++)
        {
            pair.Compare(random, length, associatedLength: length % 300);
        }
    }

    private void Compare(string implementation, int count, int maxLength, int perKey)
    {
        Random random = Seeded();
        for (int done = 0; done < count; done += perKey)
        {
            using Pair pair = new(implementation, random, keyLength: random.Next(2) == 0 ? 16 : 32);
            for (int i = 0; i < perKey; i++)
            {
                pair.Compare(random, random.Next(maxLength + 1), random.Next(101));
            }
        }
    }

    private Random Seeded()
    {
        int seed = int.TryParse(Environment.GetEnvironmentVariable("QUIVER_SEED"), out int given) ? given : Environment.TickCount;
        output.WriteLine($"seed {seed} (QUIVER_SEED replays)");
        return new Random(seed);
    }

    private sealed class Pair : IDisposable
    {
        private readonly IAead _aead;
        private readonly AesGcm _oracle;
        private readonly byte[] _plain = new byte[20_000];
        private readonly byte[] _expected = new byte[20_000 + TagLength];
        private readonly byte[] _actual = new byte[20_000 + TagLength];
        private readonly byte[] _associated = new byte[300];
        private readonly byte[] _nonce = new byte[12];

        public Pair(string implementation, Random random, int keyLength)
        {
            byte[] key = new byte[keyLength];
            random.NextBytes(key);
            random.NextBytes(_plain);
            random.NextBytes(_associated);
            random.NextBytes(_nonce);
            _aead = AeadCandidates.CreateAes(implementation, key);
            _oracle = new AesGcm(key, TagLength);
        }

        public void Compare(Random random, int length, int associatedLength)
        {
            _nonce[random.Next(12)]++;
            ReadOnlySpan<byte> plain = _plain.AsSpan(random.Next(_plain.Length - length + 1), length);
            ReadOnlySpan<byte> associated = _associated.AsSpan(0, associatedLength);
            Span<byte> expected = _expected.AsSpan(0, length + TagLength);
            _oracle.Encrypt(_nonce, plain, expected[..length], expected[length..], associated);

            Span<byte> actual = _actual.AsSpan(0, length + TagLength);
            plain.CopyTo(actual);
            _aead.Seal(_nonce, associated, actual);
            Assert.True(expected.SequenceEqual(actual), $"seal: length {length}, associated {associatedLength}");
            Assert.True(_aead.TryOpen(_nonce, associated, actual), $"open: length {length}, associated {associatedLength}");
            Assert.True(plain.SequenceEqual(actual[..length]), $"opened bytes: length {length}, associated {associatedLength}");
        }

        public void Dispose()
        {
            _aead.Dispose();
            _oracle.Dispose();
        }
    }
}
