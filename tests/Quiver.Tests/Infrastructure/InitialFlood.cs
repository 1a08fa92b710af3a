using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Quiver.Protocol.Buffers;
using Quiver.Protocol.Crypto;
using Quiver.Protocol.Packets;
using Quiver.Protocol.Primitives;

namespace Quiver.Tests.Infrastructure;

/// <summary>An attacker that begins connections and never goes on: authentic Initial packets with a PING in them, each for another connection.</summary>
internal sealed class InitialFlood(IPEndPoint server) : IDisposable
{
    private const int BatchSize = 25;

    private readonly UdpClient _socket = new(new IPEndPoint(IPAddress.Loopback, 0));

    /// <summary>Answers that were no Retry.</summary>
    public int OtherAnswers { get; private set; }

    /// <summary>Returns how many of so many were answered by a Retry.</summary>
    public async Task<int> RunAsync(int count)
    {
        int retries = 0;
        for (int i = 0; i < count; i++)
        {
            await _socket.SendAsync(Create(i), server);
            if ((i + 1) % BatchSize == 0)
            {
                // So that no buffer runs over.
                await Task.Delay(5);
                while (_socket.Available > 0)
                {
                    Count((await _socket.ReceiveAsync()).Buffer, ref retries);
                }
            }
        }

        await Task.Delay(100);
        while (_socket.Available > 0)
        {
            Count((await _socket.ReceiveAsync()).Buffer, ref retries);
        }

        return retries;
    }

    public void Dispose() => _socket.Dispose();

    private void Count(byte[] datagram, ref int retries)
    {
        bool isRetry = PacketHeader.TryRead(datagram, 1, out PacketHeader header) && header.Type == PacketType.Retry;
        retries += isRetry ? 1 : 0;
        OtherAnswers += isRetry ? 0 : 1;
    }

    private static byte[] Create(int number)
    {
        const int NumberLength = 4;
        byte[] id = new byte[8];
        BinaryPrimitives.WriteInt32BigEndian(id, number);
        id[7] = 0xFF;
        byte[] packet = new byte[PacketHeader.MinInitialDatagram];
        var writer = new PacketWriter(packet);
        LongHeader.Write(ref writer, Protocol.Primitives.QuicVersion.V1, PacketType.Initial, new ConnectionId(id), new ConnectionId([1]), [], NumberLength);
        int numberOffset = writer.Position;
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(numberOffset - LongHeader.LengthFieldLength), (ushort)(0x4000 | (packet.Length - numberOffset)));
        int payload = numberOffset + NumberLength;
        packet[payload] = 1;
        using PacketProtection keys = InitialKeys.Create(Protocol.Primitives.QuicVersion.V1, id, EndpointRole.Client);
        keys.Seal(0, packet.AsSpan(0, payload), packet.AsSpan(payload));
        Span<byte> mask = stackalloc byte[PacketProtection.MaskLength];
        keys.HeaderMask(packet.AsSpan(numberOffset + 4, PacketProtection.SampleLength), mask);
        packet[0] ^= (byte)(mask[0] & 0x0F);
        for (int i = 0; i < NumberLength; i++)
        {
            packet[numberOffset + i] ^= mask[1 + i];
        }

        return packet;
    }
}
