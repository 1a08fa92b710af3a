using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Quiver.Protocol.Primitives;
using Quiver.Sockets;
using static Quiver.Tests.Sockets.SocketFixture;

namespace Quiver.Tests.Sockets;

/// <summary>What both kinds of datagram socket promise.</summary>
public sealed class DatagramSocketTests
{
    public static TheoryData<bool, string> Addresses() => new()
    {
        { false, "127.0.0.1" },
        { false, "::1" },
        { false, "::ffff:127.0.0.1" },
        { true, "127.0.0.1" },
        { true, "::1" },
        { true, "::ffff:127.0.0.1" },
    };

    [Theory]
    [MemberData(nameof(Addresses))]
    public void A_datagram_arrives_and_can_be_answered(bool portable, string address)
    {
        using IDatagramSocket server = Bind(portable, IPAddress.Parse(address));
        using IDatagramSocket client = Bind(portable, IPAddress.Parse(address));
        ReceiveBatch batch = new();
        byte[] data = Pattern(1200);

        Send(client, Reach(server), data, 1200);
        ReceiveOne(server, batch);

        Assert.Equal(data, batch.GetDatagram(0).ToArray());
        Assert.Equal(Reach(client), batch.GetArrival(0).Remote);
        Assert.Equal(Reach(server), batch.GetArrival(0).Local);
        Assert.True(
            server.Send([1, 2, 3], 1200, batch.GetArrival(0).Local, batch.GetArrival(0).Remote, EcnCodepoint.NotEct, out SocketError error));
        Assert.Equal(SocketError.Success, error);
        Assert.Equal([1, 2, 3], ReceiveAll(client, batch, 1)[0]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_socket_bound_to_IPv6_any_takes_IPv4_too(bool portable)
    {
        using IDatagramSocket server = Bind(portable, IPAddress.IPv6Any);
        using IDatagramSocket client4 = Bind(portable, IPAddress.Loopback);
        using IDatagramSocket client6 = Bind(portable, IPAddress.IPv6Loopback);
        ReceiveBatch batch = new();
        foreach (IDatagramSocket client in new[] { client4, client6 })
        {
            Send(client, Reach(server, client.LocalEndPoint.Address), Pattern(100), 100);
            ReceiveOne(server, batch);
            Assert.Equal(Reach(client), batch.GetArrival(0).Remote);

            Assert.True(
                server.Send([9], 100, batch.GetArrival(0).Local, batch.GetArrival(0).Remote, EcnCodepoint.NotEct, out SocketError error),
                error.ToString());
            Assert.Equal([9], ReceiveAll(client, batch, 1)[0]);
        }
    }

    [Theory]
    [InlineData(false, 1200, (20 * 1200) + 700)]
    [InlineData(false, 1200, 64 * 1200)]
    [InlineData(false, 100, 200 * 100)]
    [InlineData(false, 1, 30)]
    [InlineData(true, 1200, (10 * 1200) + 700)]
    public void A_run_of_datagrams_arrives_in_the_sizes_it_was_cut_to(bool portable, int segmentSize, int length)
    {
        using IDatagramSocket server = Bind(portable, IPAddress.Loopback);
        using IDatagramSocket client = Bind(portable, IPAddress.Loopback);
        byte[] data = Pattern(length);

        Send(client, Reach(server), data, segmentSize);

        List<byte[]> received = ReceiveAll(server, new ReceiveBatch(), (length + segmentSize - 1) / segmentSize);
        Assert.Equal(data.Chunk(segmentSize), received);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_receive_ends_after_its_time_out(bool portable)
    {
        using IDatagramSocket socket = Bind(portable, IPAddress.Loopback);
        ReceiveBatch batch = new();
        foreach (TimeSpan timeout in new[] { TimeSpan.FromMicroseconds(300), TimeSpan.FromMilliseconds(20) })
        {
            long start = Stopwatch.GetTimestamp();
            Assert.Equal(0, socket.Receive(batch, timeout));
            Assert.True(Stopwatch.GetElapsedTime(start) >= timeout);
        }

        Assert.Equal(0, socket.Receive(batch, TimeSpan.Zero));
    }

    [Theory]
    [InlineData(false, "127.0.0.1")]
    [InlineData(false, "::")]
    [InlineData(true, "127.0.0.1")]
    [InlineData(true, "0.0.0.0")]
    [InlineData(true, "::")]
    [InlineData(true, "::1")]
    public void A_wake_up_ends_a_wait_on_another_thread(bool portable, string address)
    {
        using IDatagramSocket socket = Bind(portable, IPAddress.Parse(address));
        for (int i = 0; i < 20; i++)
        {
            int result = -1;
            Thread waiter = new(() => result = socket.Receive(new ReceiveBatch(1), Timeout.InfiniteTimeSpan));
            waiter.Start();
            Thread.Sleep(i % 3);
            socket.Wake();
            Assert.True(waiter.Join(Patience));
            Assert.Equal(0, result);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_wake_up_before_the_wait_ends_it_too(bool portable)
    {
        using IDatagramSocket socket = Bind(portable, IPAddress.Loopback);
        ReceiveBatch batch = new(1);
        for (int i = 0; i < 3; i++)
        {
            socket.Wake();
            Assert.Equal(0, socket.Receive(batch, Timeout.InfiniteTimeSpan));
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Binding_errors_are_socket_exceptions(bool portable)
    {
        using IDatagramSocket first = Bind(portable, IPAddress.Loopback);
        DatagramSocketOptions options = new() { Portable = portable };

        SocketException inUse = Assert.Throws<SocketException>(() => DatagramSockets.Bind(first.LocalEndPoint, options));
        SocketException notHere = Assert.Throws<SocketException>(
            () => DatagramSockets.Bind(new IPEndPoint(IPAddress.Parse("192.0.2.1"), 0), options));

        Assert.Equal(SocketError.AddressAlreadyInUse, inUse.SocketErrorCode);
        Assert.Equal(SocketError.AddressNotAvailable, notHere.SocketErrorCode);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_failed_send_returns_its_error(bool portable)
    {
        using IDatagramSocket socket = Bind(portable, IPAddress.Loopback);

        Assert.False(socket.Send([1], 1, Unspecified, PathAddress.From(new IPEndPoint(IPAddress.IPv6Loopback, 9)), EcnCodepoint.Ect0, out SocketError family));
        Assert.False(socket.Send(new byte[65_530], 65_530, Unspecified, Reach(socket), EcnCodepoint.NotEct, out SocketError size));

        Assert.Equal(SocketError.AddressFamilyNotSupported, family);
        Assert.Equal(SocketError.MessageSize, size);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Sending_on_a_closed_socket_fails_without_a_throw(bool portable)
    {
        IDatagramSocket socket = Bind(portable, IPAddress.Loopback);
        socket.Dispose();

        Assert.False(socket.Send([1], 1, Unspecified, Reach(socket), EcnCodepoint.NotEct, out SocketError error));
        Assert.Equal(SocketError.OperationAborted, error);
        socket.Wake();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Threads_may_send_at_the_same_time(bool portable)
    {
        const int Threads = 4;
        const int PerThread = 300;
        using IDatagramSocket server = Bind(portable, IPAddress.Loopback);
        using IDatagramSocket client = Bind(portable, IPAddress.Loopback);
        PathAddress to = Reach(server);
        Task[] senders =
        [
            .. Enumerable.Range(0, Threads).Select(thread => Task.Run(() =>
            {
                for (int i = 0; i < PerThread; i++)
                {
                    byte[] data = [(byte)thread, (byte)i, (byte)(i >> 8), .. new byte[thread]];
                    Send(client, to, data, data.Length);
                }
            })),
        ];

        List<byte[]> received = ReceiveAll(server, new ReceiveBatch(), Threads * PerThread);
        await Task.WhenAll(senders);

        Assert.Equal(Threads * PerThread, received.Select(x => (x[0], x[1], x[2])).Distinct().Count());
        Assert.All(received, x => Assert.Equal(3 + x[0], x.Length));
    }

    [Theory]
    [InlineData(false, "127.0.0.1")]
    [InlineData(false, "::1")]
    [InlineData(true, "127.0.0.1")]
    public void Sending_and_receiving_allocate_nothing(bool portable, string address)
    {
        using IDatagramSocket server = Bind(portable, IPAddress.Parse(address));
        using IDatagramSocket client = Bind(portable, IPAddress.Parse(address));
        PathAddress to = Reach(server);
        PathAddress from = Reach(client);
        ReceiveBatch batch = new();
        byte[] data = Pattern(3_000);
        long Measure()
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 200; i++)
            {
                client.Send(data, 1200, from, to, EcnCodepoint.Ect0, out _);
                client.Wake();
                for (int received = 0; received < 3;)
                {
                    received += server.Receive(batch, Patience);
                }

                client.Receive(batch, Patience);
            }

            return GC.GetAllocatedBytesForCurrentThread() - before;
        }

        // The first rounds may still make what later ones use again.
        Assert.Equal(0, Enumerable.Range(0, 6).Min(_ => Measure()));
    }
}
