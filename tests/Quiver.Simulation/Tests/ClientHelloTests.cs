using CsCheck;
using Quiver.Protocol.Buffers;
using Quiver.Protocol.Crypto;
using Quiver.Protocol.Frames;
using Quiver.Protocol.Packets;
using Quiver.Protocol.Primitives;
using Quiver.Protocol.Tls;
using Quiver.Protocol.Tls.Resumption;
using Quiver.Protocol.TransportParameters;
using Quiver.Simulation.Attack;
using Quiver.Simulation.Endpoints;
using Quiver.Simulation.Network;
using Quiver.Testing;

namespace Quiver.Simulation.Tests;

/// <summary>A ClientHello comes in any pieces, in any order, over any number of Initial packets: browsers shuffle and split on purpose.</summary>
public sealed class ClientHelloTests
{
    [Fact, Rfc(9000, "7.5"), Rfc(9001, "4.3")]
    public void Any_split_and_order_of_the_client_hello_is_understood() =>
        Gen.Select(Gen.Int[1, 400], Gen.Int[1, 6], Gen.Int).Sample(
            (pieceSize, packets, seed) =>
            {
                using var world = new StagedWorld(1, Stage.Fresh);
                world.World.AllowsForeignData = true;
                Assert.True(PacketHeader.TryRead(world.ToServer[0].Bytes, 8, out PacketHeader header));
                ConnectionId destination = header.Destination;
                ConnectionId source = header.Source;
                byte[] hello = ClientHello(world.World.Random, source);
                List<byte[]>[] payloads = Cut(hello, pieceSize, packets, new Random(seed));
                var forge = new PacketForge(
                    EndpointRole.Client, destination, source, _ => InitialKeys.Create(QuicVersion.V1, destination.Span, EndpointRole.Client));
                foreach (List<byte[]> frames in payloads)
                {
                    Assert.DoesNotContain(world.ToClient, datagram => IsServerHello(datagram.Bytes));
                    foreach (byte[] payload in Pack(frames))
                    {
                        world.Receive(true, forge.Make(EncryptionLevel.Initial, payload)!);
                    }
                }

                Assert.Null(world.Server!.Closed);
                Assert.Equal("localhost", world.Server.Connection.Tls.ServerName);
                Assert.Contains(world.ToClient, datagram => IsServerHello(datagram.Bytes));
            },
            iter: 300,
            threads: 1);

    /// <summary>How clients in the wild pack their first flight.</summary>
    public enum Packing
    {
        /// <summary>Three packets, in many pieces that are shuffled over them, with PING and PADDING in between; an empty source id.</summary>
        Chromium,

        /// <summary>Two packets, cut within the server's name, the later part first.</summary>
        Firefox,

        /// <summary>Two packets in order.</summary>
        Bun,

        /// <summary>Two packets in order, AES-256 wanted first.</summary>
        Impit,
    }

    public static TheoryData<Packing, bool, int> Packings()
    {
        TheoryData<Packing, bool, int> data = [];
        foreach (Packing packing in Enum.GetValues<Packing>())
        {
            for (int seed = 1; seed <= (packing == Packing.Chromium ? 10 : 1); seed++)
            {
                data.Add(packing, false, seed);
                data.Add(packing, true, seed);
            }
        }

        return data;
    }

    [Theory, MemberData(nameof(Packings))]
    [Rfc(9000, "7.5"), Rfc(9000, "8.1.2"), Rfc(9001, "4.3")]
    public void First_flights_as_clients_in_the_wild_pack_them_lead_to_a_connection(Packing packing, bool retry, int seed)
    {
        int packets = packing == Packing.Chromium ? 3 : 2;
        var repack = new Repack(packets, hello => Pack(packing, hello, new Random(seed)));
        var delay = TimeSpan.FromMilliseconds(20);
        using var world = new World(
            seed,
            [repack, new Delay(delay)],
            [new Delay(delay)],
            new SimServerOptions { Retry = retry, Groups = [NamedGroup.X25519MLKem768, NamedGroup.X25519] },
            clientIds: packing == Packing.Chromium ? 0 : 8);
        Timestamp start = world.Now;
        SimConnection client = world.Client.Connect(
            groups: [NamedGroup.X25519MLKem768, NamedGroup.X25519, NamedGroup.Secp256r1, NamedGroup.Secp384r1],
            configureTls: tls => tls with
            {
                // Names that nobody serves make it as long as three packets.
                Protocols = [.. tls.Protocols, .. Enumerable.Range(0, packing == Packing.Chromium ? 10 : 0).Select(i => (ReadOnlyMemory<byte>)Enumerable.Repeat((byte)i, 120).ToArray())],
                Suites = packing == Packing.Impit ? [CipherSuite.Aes256GcmSha384, CipherSuite.Aes128GcmSha256] : tls.Suites,
            });
        Assert.True(world.RunUntil(() => client.IsConnected, TimeSpan.FromSeconds(5)), $"seed {seed}: {client.Closed}");

        // No packet was lost, so none had to be repeated.
        Assert.Equal((retry ? 4 : 2) * delay, world.Now - start);
        Assert.Equal(retry ? 2 : 1, repack.Flights);
        Assert.Equal(retry, client.Connection.IsRetried);
        Assert.Equal(NamedGroup.X25519MLKem768, client.Connection.Tls.NegotiatedGroup);
        Sessions.Exchange(world, client);
        Assert.Equal("localhost", Assert.Single(world.Server.Connections).Connection.Tls.ServerName);
    }

    /// <summary>The frames of each packet.</summary>
    private static List<byte[]> Pack(Packing packing, byte[] hello, Random random)
    {
        if (packing == Packing.Firefox)
        {
            const int Middle = 600;
            int name = hello.AsSpan().IndexOf("localhost"u8) + 4;
            Assert.InRange(name, 5, Middle);
            return [Repack.Crypto(hello, Middle, hello.Length), [.. Repack.Crypto(hello, name, Middle), 0, 0, .. Repack.Crypto(hello, 0, name)]];
        }

        if (packing != Packing.Chromium)
        {
            const int First = 1100;
            return [Repack.Crypto(hello, 0, First), Repack.Crypto(hello, First, hello.Length)];
        }

        List<byte[]> frames = [];
        for (int offset = 0; offset < hello.Length;)
        {
            int end = Math.Min(offset + random.Next(1, 200), hello.Length);
            frames.Add(Repack.Crypto(hello, offset, end));
            offset = end;
        }

        byte[][] shuffled = [.. frames];
        random.Shuffle(shuffled);
        List<byte>[] packets = [[], [], []];
        foreach (byte[] frame in shuffled)
        {
            // To the emptiest, with a PING or some PADDING before it now and then.
            List<byte> packet = packets.MinBy(x => x.Count)!;
            packet.AddRange(random.Next(3) switch { 0 => [1], 1 => new byte[random.Next(1, 10)], _ => [] });
            packet.AddRange(frame);
        }

        return [.. packets.Select(x => x.ToArray())];
    }

    private static byte[] ClientHello(IRandomSource random, in ConnectionId source)
    {
        var sink = new HelloSink();
        var settings = new ClientTlsSettings
        {
            Protocols = [SimConnection.Protocol],
            ServerName = "localhost",
            Groups = [NamedGroup.X25519MLKem768, NamedGroup.X25519],
        };
        byte[] parameters = TransportParameterWriter.Write(new TransportParameterSet { InitialSourceConnectionId = source }, random);
        using var handshake = new ClientHandshake(settings, parameters, sink, random);
        handshake.Start();
        return [.. sink.Bytes];
    }

    /// <summary>Cuts into pieces, repeats some, and deals them out at random.</summary>
    private static List<byte[]>[] Cut(byte[] hello, int pieceSize, int packets, Random random)
    {
        List<byte[]>[] payloads = [.. Enumerable.Range(0, packets).Select(_ => new List<byte[]>())];
        for (int offset = 0; offset < hello.Length;)
        {
            int length = Math.Min(random.Next(1, pieceSize + 1), hello.Length - offset);
            byte[] frame = Frame(offset, hello.AsSpan(offset, length));

            // The last packet gets one piece for certain, so that nothing can be answered before.
            int target = offset == 0 ? packets - 1 : random.Next(packets);
            payloads[target].Insert(random.Next(payloads[target].Count + 1), frame);
            if (offset > 0 && random.Next(5) == 0)
            {
                payloads[random.Next(packets)].Add(frame);
            }

            offset += length;
        }

        return payloads;
    }

    /// <summary>Fills packets with the frames, PING and PADDING between them.</summary>
    private static IEnumerable<byte[]> Pack(List<byte[]> frames)
    {
        List<byte> payload = [];
        foreach (byte[] frame in frames)
        {
            if (payload.Count + frame.Length > 1000)
            {
                yield return [.. payload];
                payload.Clear();
            }

            payload.AddRange([(byte)FrameType.Ping, 0, 0, .. frame]);
        }

        if (payload.Count > 0)
        {
            yield return [.. payload];
        }
    }

    private static byte[] Frame(int offset, ReadOnlySpan<byte> data)
    {
        var writer = new PacketWriter(new byte[CryptoFrame.HeaderLength((ulong)offset, data.Length) + data.Length]);
        CryptoFrame.WriteHeader(ref writer, (ulong)offset, data.Length);
        writer.WriteBytes(data);
        return writer.Written.ToArray();
    }

    /// <summary>A Handshake packet follows only a ServerHello.</summary>
    private static bool IsServerHello(ReadOnlySpan<byte> datagram)
    {
        while (!datagram.IsEmpty && PacketHeader.TryRead(datagram, 8, out PacketHeader header))
        {
            if (header.Type == PacketType.Handshake)
            {
                return true;
            }

            datagram = datagram[header.Length..];
        }

        return false;
    }

    private sealed class HelloSink : ITlsSink
    {
        public List<byte> Bytes { get; } = [];

        public void OnHandshakeBytes(EncryptionLevel level, ReadOnlySpan<byte> bytes) => Bytes.AddRange(bytes);

        public void OnReadSecret(EncryptionLevel level, CipherSuite suite, ReadOnlySpan<byte> secret)
        {
        }

        public void OnWriteSecret(EncryptionLevel level, CipherSuite suite, ReadOnlySpan<byte> secret)
        {
        }

        public void OnPeerTransportParameters(ReadOnlySpan<byte> encoded)
        {
        }

        public void OnKeyLog(string label, ReadOnlySpan<byte> clientRandom, ReadOnlySpan<byte> secret)
        {
        }

        public void OnEarlyData(bool isAccepted)
        {
        }

        public void OnSessionTicket(TlsSession session)
        {
        }

        public void OnHandshakeComplete()
        {
        }
    }
}
