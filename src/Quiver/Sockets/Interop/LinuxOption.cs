namespace Quiver.Sockets.Interop;

/// <summary>Levels, names and values of socket options and control messages, the same on every 64-bit architecture of Linux .NET runs on.</summary>
internal static class LinuxOption
{
    public const int LevelSocket = 1;
    public const int LevelIPv4 = 0;
    public const int LevelIPv6 = 41;
    public const int LevelUdp = 17;

    public const int SendBufferForce = 32;
    public const int ReceiveBufferForce = 33;

    public const int IPv4TypeOfService = 1;
    public const int IPv4PacketInformation = 8;
    public const int IPv4MtuDiscover = 10;
    public const int IPv4ReceiveTypeOfService = 13;

    public const int IPv6MtuDiscover = 23;
    public const int IPv6ReceivePacketInformation = 49;
    public const int IPv6PacketInformation = 50;
    public const int IPv6ReceiveTrafficClass = 66;
    public const int IPv6TrafficClass = 67;

    public const int UdpSegment = 103;
    public const int UdpGro = 104;

    /// <summary>Sets DF and ignores what the kernel believes of the path's MTU: probing is ours.</summary>
    public const int MtuDiscoverProbe = 3;

    public const int FamilyIPv4 = 2;
    public const int FamilyIPv6 = 10;

    public const int SetTimerSlack = 29;

    public const int MessageDoNotWait = 0x40;

    public const int EventNonBlocking = 0x800;
    public const int EventCloseOnExec = 0x80000;
}
