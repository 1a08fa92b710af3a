using Quiver.Protocol.Buffers;
using Quiver.Protocol.Crypto;
using Quiver.Protocol.Frames;
using Quiver.Protocol.Packets;
using Quiver.Protocol.Primitives;
using Quiver.Simulation.Attack;

namespace Quiver.Simulation.Network;

/// <summary>
/// Takes the Initial packets of a client's first flight and sends on as many, with the same numbers, tokens and CRYPTO bytes, but packed as
/// another client would: <paramref name="pack"/> gets the ClientHello and makes the packets' frames. What comes later passes.
/// </summary>
internal sealed class Repack(int packets, Func<byte[], List<byte[]>> pack) : INetworkNode
{
    private readonly List<(SimDatagram Datagram, ulong Number, byte[] Payload)> _flight = [];
    private ConnectionId _origin;

    /// <summary>Flights that were changed: one, and another after a Retry.</summary>
    public int Flights { get; private set; }

    public void Send(SimDatagram datagram, World world, Action<SimDatagram, TimeSpan> forward)
    {
        if (!PacketHeader.TryRead(datagram.Bytes, 8, out PacketHeader header) || header.Type != PacketType.Initial
            || InitialReader.Open(datagram.Bytes, header, header.Destination, EndpointRole.Client) is not { } opened)
        {
            forward(datagram, TimeSpan.Zero);
            return;
        }

        if (header.Destination != _origin)
        {
            _flight.Clear();
            _origin = header.Destination;
        }

        _flight.Add((datagram, opened.Number, opened.Payload));
        if (_flight.Count > packets)
        {
            forward(datagram, TimeSpan.Zero);
        }
        else if (_flight.Count == packets)
        {
            Flights++;
            List<byte[]> payloads = pack(Assemble());
            Assert.Equal(packets, payloads.Count);
            for (int i = 0; i < packets; i++)
            {
                forward(datagram with { Bytes = Seal(_flight[i].Datagram.Bytes, _flight[i].Number, payloads[i]) }, TimeSpan.Zero);
            }
        }
    }

    /// <summary>A CRYPTO frame with a part of the ClientHello.</summary>
    public static byte[] Crypto(byte[] hello, int from, int to)
    {
        int header = CryptoFrame.HeaderLength((ulong)from, to - from);
        var writer = new PacketWriter(new byte[header + to - from]);
        CryptoFrame.WriteHeader(ref writer, (ulong)from, to - from);
        writer.WriteBytes(hello.AsSpan(from, to - from));
        return writer.Written.ToArray();
    }

    private static byte[] Seal(byte[] original, ulong number, byte[] payload)
    {
        Assert.True(PacketHeader.TryRead(original, 8, out PacketHeader header));
        ConnectionId destination = header.Destination;
        var forge = new PacketForge(
            EndpointRole.Client, destination, header.Source, _ => InitialKeys.Create(QuicVersion.V1, destination.Span, EndpointRole.Client));
        forge.NextNumber = number;
        return forge.Make(EncryptionLevel.Initial, payload, token: header.Token)!;
    }

    private byte[] Assemble()
    {
        byte[] hello = new byte[packets * PacketHeader.MinInitialDatagram];
        int length = 0;
        foreach ((_, _, byte[] payload) in _flight)
        {
            var reader = new PacketReader(payload);
            while (reader.TryReadVarInt(out ulong type))
            {
                if ((FrameType)type == FrameType.Crypto)
                {
                    Assert.True(CryptoFrame.TryRead(ref reader, out CryptoFrame frame));
                    frame.Data.CopyTo(hello.AsSpan((int)frame.Offset));
                    length = Math.Max(length, (int)frame.Offset + frame.Data.Length);
                }
                else
                {
                    Assert.True((FrameType)type is FrameType.Padding or FrameType.Ping);
                }
            }
        }

        return hello[..length];
    }
}
