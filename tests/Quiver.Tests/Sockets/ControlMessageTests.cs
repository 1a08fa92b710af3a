using System.Net;
using Quiver.Protocol.Primitives;
using Quiver.Sockets;
using Quiver.Sockets.Interop;

namespace Quiver.Tests.Sockets;

/// <summary>The byte layouts of Linux, without a socket.</summary>
public sealed class ControlMessageTests
{
    [Fact]
    public void Messages_are_read_back_as_written()
    {
        byte[] buffer = new byte[128];
        ControlMessageWriter writer = new(buffer);
        BitConverter.TryWriteBytes(writer.Add(LinuxOption.LevelUdp, LinuxOption.UdpGro, 4), 1200);
        writer.Add(LinuxOption.LevelIPv4, LinuxOption.IPv4TypeOfService, 1)[0] = 0xFF;
        writer.Add(99, 98, 3).Fill(1);
        IPAddress.Parse("fe80::1").TryWriteBytes(writer.Add(LinuxOption.LevelIPv6, LinuxOption.IPv6PacketInformation, 20), out _);

        ReceivedControl control = ReceivedControl.Read(buffer.AsSpan(0, writer.Length));

        Assert.Equal(24 + 24 + 24 + 40, writer.Length);
        Assert.Equal(1200, control.SegmentSize);
        Assert.Equal(EcnCodepoint.Ce, control.Ecn);
        Assert.Equal(PathAddress.From(new IPEndPoint(IPAddress.Parse("fe80::1"), 0)), control.Local);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(15)]
    [InlineData(200)]
    public void A_message_of_an_impossible_length_ends_the_walk(int length)
    {
        byte[] buffer = new byte[64];
        BitConverter.TryWriteBytes(buffer, (ulong)length);
        ControlMessageReader reader = new(buffer);
        Assert.False(reader.TryRead(out _, out _, out _));
    }

    [Theory]
    [InlineData("127.0.0.1", true)]
    [InlineData("127.0.0.1", false)]
    [InlineData("2001:db8::1", true)]
    [InlineData("fe80::1%7", true)]
    public void Addresses_are_read_back_as_written(string text, bool ipv6Socket)
    {
        PathAddress address = PathAddress.From(new IPEndPoint(IPAddress.Parse(text), 4433));
        byte[] buffer = new byte[SocketAddressCodec.MaxLength];

        int length = SocketAddressCodec.Write(address, ipv6Socket, buffer);

        Assert.Equal(ipv6Socket ? 28 : 16, length);
        Assert.Equal(address, SocketAddressCodec.Read(buffer));
    }

    [Fact]
    public void An_IPv4_socket_has_no_form_for_an_IPv6_address()
    {
        PathAddress address = PathAddress.From(new IPEndPoint(IPAddress.IPv6Loopback, 4433));
        Assert.Equal(0, SocketAddressCodec.Write(address, ipv6Socket: false, new byte[SocketAddressCodec.MaxLength]));
    }
}
