using Quiver.Protocol.Primitives;
using Quiver.Protocol.Tls;

namespace Quiver.Protocol.Tests.Tls;

/// <summary>Whatever comes, a handshake continues or ends with a <see cref="TransportException"/>; nothing else, and it does end.</summary>
public sealed class MutationTests
{
    private const int RoundsPerFlight = 300;

    /// <summary>A second ClientHello, a flight, a post-handshake message … never more than these.</summary>
    private const int MaxDeliveries = 20;

    public static TheoryData<int, bool> Cases => new()
    {
        { 0, false }, { 1, false }, { 2, false }, { 3, false },
        { 0, true }, { 1, true }, { 2, true }, { 3, true }, { 4, true }, { 5, true },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_flight_with_changed_bytes_never_breaks_the_other_side(int flight, bool retryAndClientCertificate)
    {
        Random random = new((flight * 2) + (retryAndClientCertificate ? 1 : 0) + 1);
        for (int round = 0; round < RoundsPerFlight; round++)
        {
            int delivery = 0;
            using TlsPair pair = NewPair(retryAndClientCertificate);
            pair.OnTheWay = (_, _, bytes) =>
            {
                Assert.True(delivery < MaxDeliveries);
                return [delivery++ == flight ? Mutate(random, bytes) : bytes];
            };
            try
            {
                pair.Run();
            }
            catch (TransportException)
            {
                // The end that is wanted.
            }
        }
    }

    [Fact]
    public void Every_flight_cut_short_at_every_byte_waits_or_fails_cleanly()
    {
        int[] lengths = MeasureFlights();
        for (int flight = 0; flight < lengths.Length; flight++)
        {
            for (int cut = 0; cut < lengths[flight]; cut += 7)
            {
                int delivery = 0;
                using TlsPair pair = NewPair(retryAndClientCertificate: true);
                pair.OnTheWay = (_, _, bytes) => [delivery++ == flight ? bytes[..cut] : bytes];
                try
                {
                    pair.Run();
                }
                catch (TransportException)
                {
                    // A later flight that comes too early.
                }

                Assert.False(pair.Server.IsComplete);
            }
        }
    }

    [Fact]
    public void Random_bytes_never_break_either_side()
    {
        Random random = new(99);
        for (int round = 0; round < 20_000; round++)
        {
            byte[] bytes = new byte[random.Next(200)];
            random.NextBytes(bytes);
            if (bytes.Length >= 4)
            {
                bytes[0] = (byte)random.Next(1, 3);
                bytes[1] = 0;
                bytes[2] = 0;
                bytes[3] = (byte)(bytes.Length - 4);
            }

            RecordingSink sink = new();
            using ServerHandshake server = new(sink, new SeededRandom(round));
            try
            {
                server.Receive(EncryptionLevel.Initial, bytes);
            }
            catch (TransportException)
            {
                // The end that is wanted.
            }
        }
    }

    private static TlsPair NewPair(bool retryAndClientCertificate) => new(
        new ClientTlsSettings
        {
            Protocols = [TlsPair.Protocol("h3"), TlsPair.Protocol("hq")],
            ServerName = "localhost",
            Groups = [NamedGroup.X25519, NamedGroup.Secp256r1],
            KeyShares = [NamedGroup.X25519],
            ClientCertificate = TestCertificates.P256,
        },
        new ServerTlsSettings
        {
            Protocols = [TlsPair.Protocol("h3")],
            Certificate = TestCertificates.P256,
            Groups = retryAndClientCertificate ? [NamedGroup.Secp256r1] : [NamedGroup.X25519],
            RequestClientCertificate = retryAndClientCertificate,
        });

    private static int[] MeasureFlights()
    {
        List<int> lengths = [];
        using TlsPair pair = NewPair(retryAndClientCertificate: true);
        pair.OnTheWay = (_, _, bytes) =>
        {
            lengths.Add(bytes.Length);
            return [bytes];
        };
        pair.Run();
        return [.. lengths];
    }

    private static byte[] Mutate(Random random, byte[] bytes)
    {
        byte[] changed = [.. bytes];
        switch (random.Next(5))
        {
            case 0:
                changed[random.Next(changed.Length)] ^= (byte)(1 << random.Next(8));
                return changed;
            case 1:
                changed[random.Next(changed.Length)] = (byte)random.Next(256);
                changed[random.Next(changed.Length)] = random.Next(2) == 0 ? (byte)0 : (byte)255;
                return changed;
            case 2:
                int removed = random.Next(changed.Length);
                return [.. changed[..removed], .. changed[Math.Min(removed + random.Next(1, 9), changed.Length)..]];
            case 3:
                int inserted = random.Next(changed.Length);
                byte[] more = new byte[random.Next(1, 40)];
                random.NextBytes(more);
                return [.. changed[..inserted], .. more, .. changed[inserted..]];
            default:
                int from = random.Next(changed.Length);
                int to = random.Next(changed.Length);
                int length = random.Next(1, 30);
                changed.AsSpan(from, Math.Min(length, changed.Length - from)).ToArray().AsSpan(0, Math.Min(length, changed.Length - Math.Max(from, to)))
                    .CopyTo(changed.AsSpan(to));
                return changed;
        }
    }
}
