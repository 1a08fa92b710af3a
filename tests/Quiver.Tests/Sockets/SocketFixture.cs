using System.Net;
using System.Net.Sockets;
using Quiver.Protocol.Primitives;
using Quiver.Sockets;

namespace Quiver.Tests.Sockets;

/// <summary>Steps that the socket tests share.</summary>
internal static class SocketFixture
{
    /// <summary>Long enough for a busy machine; a test that waits this long has failed.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public static readonly PathAddress Unspecified = PathAddress.From(new IPEndPoint(IPAddress.Any, 0));

    public static IDatagramSocket Bind(bool portable, IPAddress address, DatagramFeatures disabled = DatagramFeatures.None) =>
        DatagramSockets.Bind(
            new IPEndPoint(address, 0), new DatagramSocketOptions { Portable = portable, Disabled = disabled });

    /// <summary>The address to reach a socket at when it is bound to any address.</summary>
    public static PathAddress Reach(IDatagramSocket socket, IPAddress? host = null)
    {
        IPEndPoint bound = socket.LocalEndPoint;
        return PathAddress.From(new IPEndPoint(host ?? bound.Address, bound.Port));
    }

    public static void Send(IDatagramSocket from, PathAddress to, byte[] data, int segmentSize, EcnCodepoint ecn = EcnCodepoint.NotEct)
    {
        Assert.True(from.Send(data, segmentSize, Unspecified, to, ecn, out SocketError error), error.ToString());
    }

    /// <summary>Receives until so many datagrams are there and gives their bytes.</summary>
    public static List<byte[]> ReceiveAll(IDatagramSocket socket, ReceiveBatch batch, int count)
    {
        List<byte[]> all = [];
        DateTime deadline = DateTime.UtcNow + Patience;
        while (all.Count < count && DateTime.UtcNow < deadline)
        {
            int received = socket.Receive(batch, Patience);
            for (int i = 0; i < received; i++)
            {
                all.Add(batch.GetDatagram(i).ToArray());
            }
        }

        Assert.Equal(count, all.Count);
        return all;
    }

    public static void ReceiveOne(IDatagramSocket socket, ReceiveBatch batch)
    {
        Assert.Single(ReceiveAll(socket, batch, 1));
    }

    public static byte[] Pattern(int length)
    {
        byte[] data = new byte[length];
        for (int i = 0; i < length; i++)
        {
            data[i] = (byte)(i * 31 >> 3);
        }

        return data;
    }
}
