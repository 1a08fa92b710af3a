using System.Globalization;
using System.Net;
using Quiver.Protocol.Primitives;
using Quiver.Sockets;

namespace Quiver.Tool.Perf;

/// <summary>
/// The second process of the machine-limit measurement: opens every datagram, reports the count after each batch, answers pings.
/// </summary>
internal static class LimitReceiver
{
    // Nothing for this long: the sender is gone.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    /// <summary>Prints its port as the first line on <paramref name="output"/> and returns when the sender says so.</summary>
    public static void Run(bool portable, TextWriter output)
    {
        using IDatagramSocket socket = DatagramSockets.Bind(
            new IPEndPoint(IPAddress.Loopback, 0), DatagramSocketOptions.Default with { Portable = portable });
        output.WriteLine(socket.LocalEndPoint.Port.ToString(CultureInfo.InvariantCulture));
        output.Flush();

        using LimitPacket opener = new(EndpointRole.Client);
        using LimitPacket sealer = new(EndpointRole.Server);
        ReceiveBatch batch = new();
        byte[] answer = new byte[LimitPacket.MinLength];
        ulong received = 0;
        while (socket.Receive(batch, s_patience) is > 0 and int count)
        {
            ulong before = received;
            for (int i = 0; i < count; i++)
            {
                Span<byte> datagram = batch.GetDatagram(i);
                if (!opener.TryOpen(datagram, out LimitPacketKind kind, out ulong number) || kind == LimitPacketKind.Report)
                {
                    continue;
                }

                switch (kind)
                {
                    case LimitPacketKind.Data:
                        received += (uint)datagram.Length;
                        break;
                    case LimitPacketKind.Ping:
                        Answer(LimitPacketKind.Ping, number, batch.GetArrival(i).Remote);
                        break;
                    case LimitPacketKind.End:
                        return;
                }
            }

            if (received != before)
            {
                Answer(LimitPacketKind.Report, received, batch.GetArrival(0).Remote);
            }
        }

        void Answer(LimitPacketKind kind, ulong number, in PathAddress remote)
        {
            sealer.Seal(answer, kind, number);
            socket.Send(answer, answer.Length, default, remote, EcnCodepoint.Ect0, out _);
        }
    }
}
