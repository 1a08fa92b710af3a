using System.Net;
using System.Net.Sockets;
using System.Runtime.Versioning;
using Quiver.Protocol.Primitives;
using Quiver.Sockets;
using Quiver.Testing;
using static Quiver.Tests.Sockets.SocketFixture;

namespace Quiver.Tests.Sockets;

/// <summary>What only the Linux socket can do, and what it does where the kernel cannot.</summary>
[SupportedOSPlatform("linux")]
public sealed class LinuxDatagramSocketTests
{
    private const DatagramFeatures AllFeatures =
        DatagramFeatures.SegmentationOffload | DatagramFeatures.ReceiveOffload | DatagramFeatures.Ecn | DatagramFeatures.PacketInformation
        | DatagramFeatures.DoNotFragment;

    public static TheoryData<string, string> Families() => new()
    {
        { "127.0.0.1", "127.0.0.1" },
        { "::1", "::1" },
        { "::", "127.0.0.1" },
        { "::", "::1" },
    };

    [Fact]
    public void This_kernel_has_every_feature()
    {
        RequireLinux();
        using IDatagramSocket socket = Bind(portable: false, IPAddress.IPv6Any);
        Assert.Equal(AllFeatures, Assert.IsType<LinuxDatagramSocket>(socket).Features);
        Assert.Equal(64, socket.MaxSegments);
    }

    [Theory]
    [MemberData(nameof(Families))]
    [Rfc(9000, "13.4")]
    public void ECN_bits_arrive(string serverAddress, string clientAddress)
    {
        RequireLinux();
        using IDatagramSocket server = Bind(portable: false, IPAddress.Parse(serverAddress));
        using IDatagramSocket client = Bind(portable: false, IPAddress.Parse(serverAddress));
        ReceiveBatch batch = new();
        foreach (EcnCodepoint ecn in Enum.GetValues<EcnCodepoint>())
        {
            Send(client, Reach(server, IPAddress.Parse(clientAddress)), Pattern(2_500), 1_000, ecn);
            for (int received = 0; received < 3;)
            {
                int count = server.Receive(batch, Patience);
                for (int i = 0; i < count; i++, received++)
                {
                    Assert.Equal(ecn, batch.GetArrival(i).Ecn);
                }
            }
        }
    }

    [Theory]
    [InlineData("0.0.0.0", "127.0.0.1", "127.0.0.2")]
    [InlineData("::", "127.0.0.1", "127.0.0.2")]
    [InlineData("::", "::1", "::1")]
    public void The_answer_comes_from_the_address_that_was_asked(string serverAddress, string clientAddress, string asked)
    {
        RequireLinux();
        using IDatagramSocket server = Bind(portable: false, IPAddress.Parse(serverAddress));
        using IDatagramSocket client = Bind(portable: false, IPAddress.Parse(clientAddress));
        ReceiveBatch batch = new();

        PathAddress target = Reach(server, IPAddress.Parse(asked));
        Send(client, target, Pattern(10), 10);
        ReceiveOne(server, batch);
        Assert.Equal(target, batch.GetArrival(0).Local);

        PathAddress local = batch.GetArrival(0).Local;
        PathAddress remote = batch.GetArrival(0).Remote;
        Assert.True(server.Send(Pattern(3_000), 1_200, local, remote, EcnCodepoint.Ect0, out SocketError error), error.ToString());
        ReceiveAll(client, batch, 3);
        Assert.Equal(target, batch.GetArrival(0).Remote);
    }

    [Theory]
    [InlineData(DatagramFeatures.SegmentationOffload)]
    [InlineData(DatagramFeatures.ReceiveOffload)]
    [InlineData(DatagramFeatures.Ecn)]
    [InlineData(DatagramFeatures.PacketInformation)]
    [InlineData(DatagramFeatures.DoNotFragment)]
    [InlineData(AllFeatures)]
    internal void Datagrams_arrive_without_a_feature(DatagramFeatures disabled)
    {
        RequireLinux();
        using IDatagramSocket server = Bind(portable: false, IPAddress.Loopback, disabled);
        using IDatagramSocket client = Bind(portable: false, IPAddress.Loopback, disabled);
        ReceiveBatch batch = new();
        byte[] data = Pattern((20 * 1_200) + 700);

        Send(client, Reach(server), data, 1_200, EcnCodepoint.Ect0);

        Assert.Equal(data.Chunk(1_200), ReceiveAll(server, batch, 21));
        bool ecn = (disabled & DatagramFeatures.Ecn) == DatagramFeatures.None;
        Assert.Equal(ecn ? EcnCodepoint.Ect0 : EcnCodepoint.NotEct, batch.GetArrival(0).Ecn);
        Assert.Equal(Reach(server), batch.GetArrival(0).Local);
        Assert.Equal(AllFeatures & ~disabled, Assert.IsType<LinuxDatagramSocket>(client).Features);
    }

    [Fact]
    public void Segments_longer_than_the_MTU_fail_and_leave_segmentation_on()
    {
        RequireLinux();
        using IDatagramSocket socket = Bind(portable: false, IPAddress.Loopback);

        // Larger than the loopback's MTU of 65,536 less headers: one such datagram cannot be sent at all.
        Assert.False(socket.Send(new byte[65_530 * 2], 65_530, Unspecified, Reach(socket), EcnCodepoint.NotEct, out SocketError error));

        Assert.Equal(SocketError.MessageSize, error);
        Assert.Equal(64, socket.MaxSegments);
    }

    [Fact]
    public void Segmentation_that_fails_at_the_first_send_is_given_up()
    {
        RequireLinux();

        // SO_NO_CHECK: the kernel refuses to cut a run into datagrams without checksums, as it does for devices that cannot compute them.
        DatagramSocketOptions options = new() { Configure = x => x.SetRawSocketOption(1, 11, BitConverter.GetBytes(1)) };
        using IDatagramSocket server = Bind(portable: false, IPAddress.Loopback);
        using IDatagramSocket client = DatagramSockets.Bind(new IPEndPoint(IPAddress.Loopback, 0), options);
        ReceiveBatch batch = new();
        byte[] data = Pattern((5 * 1_200) + 700);
        Assert.Equal(64, client.MaxSegments);

        for (int i = 0; i < 2; i++)
        {
            Send(client, Reach(server), data, 1_200);
            Assert.Equal(data.Chunk(1_200), ReceiveAll(server, batch, 6));
            Assert.Equal(1, client.MaxSegments);
        }
    }

    [Fact]
    public void A_source_address_that_is_not_ours_is_an_error()
    {
        RequireLinux();
        using IDatagramSocket socket = Bind(portable: false, IPAddress.Any);
        PathAddress foreign = PathAddress.From(new IPEndPoint(IPAddress.Parse("192.0.2.1"), 0));

        Assert.False(
            socket.Send([1], 1, foreign, Reach(socket, IPAddress.Loopback), EcnCodepoint.Ect0, out SocketError error));

        Assert.NotEqual(SocketError.Success, error);
        Assert.Equal(AllFeatures, Assert.IsType<LinuxDatagramSocket>(socket).Features);
    }

    [Fact]
    public void A_full_receiver_loses_datagrams_and_the_sender_goes_on()
    {
        RequireLinux();
        using IDatagramSocket server = DatagramSockets.Bind(
            new IPEndPoint(IPAddress.Loopback, 0), new DatagramSocketOptions { ReceiveBufferSize = 100_000 });
        using IDatagramSocket client = Bind(portable: false, IPAddress.Loopback);
        for (int i = 0; i < 1_000; i++)
        {
            client.Send(Pattern(12_000), 1_200, Unspecified, Reach(server), EcnCodepoint.NotEct, out _);
        }

        Assert.InRange(server.Receive(new ReceiveBatch(), Patience), 1, 1_000);
    }

    private static void RequireLinux() => Assert.SkipUnless(OperatingSystem.IsLinux(), "Linux only");
}
