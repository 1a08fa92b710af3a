using System.Buffers.Binary;
using Quiver.Protocol.Primitives;
using Quiver.Sockets.Interop;

namespace Quiver.Sockets;

/// <summary>What Linux tells of a received datagram beside its bytes. A local address has no port; a segment size of 0 means one datagram.</summary>
internal readonly record struct ReceivedControl(PathAddress? Local, EcnCodepoint Ecn, int SegmentSize)
{
    private const uint LinkLocalPrefix = 0xFE80;

    public static ReceivedControl Read(ReadOnlySpan<byte> messages)
    {
        PathAddress? local = null;
        EcnCodepoint ecn = EcnCodepoint.NotEct;
        int segmentSize = 0;
        ControlMessageReader reader = new(messages);
        while (reader.TryRead(out int level, out int type, out ReadOnlySpan<byte> data))
        {
            switch (level, type)
            {
                case (LinuxOption.LevelUdp, LinuxOption.UdpGro):
                    segmentSize = BitConverter.ToInt32(data);
                    break;
                case (LinuxOption.LevelIPv4, LinuxOption.IPv4TypeOfService):
                case (LinuxOption.LevelIPv6, LinuxOption.IPv6TrafficClass):
                    // One byte for IPv4 and an int for IPv6, whose low byte comes first.
                    ecn = (EcnCodepoint)(data[0] & 3);
                    break;
                case (LinuxOption.LevelIPv4, LinuxOption.IPv4PacketInformation):
                    local = PathAddress.FromIPv4(BinaryPrimitives.ReadUInt32BigEndian(data[4..]), 0);
                    break;
                case (LinuxOption.LevelIPv6, LinuxOption.IPv6PacketInformation):
                    UInt128 ip = BinaryPrimitives.ReadUInt128BigEndian(data);
                    // Only a link-local address needs its interface to be told apart. RFC 4007 §6.
                    bool linkLocal = ((uint)(ip >> 112) & 0xFFC0) == LinkLocalPrefix;
                    local = new PathAddress(ip, 0, linkLocal ? BitConverter.ToUInt32(data[16..]) : 0);
                    break;
            }
        }

        return new ReceivedControl(local, ecn, segmentSize);
    }
}
