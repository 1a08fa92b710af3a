using System.Net;

namespace Quiver.Protocol.Primitives;

/// <summary>An IP address and a port by value; IPv4 is held as IPv4-mapped IPv6, so that equality is one comparison.</summary>
internal readonly record struct PathAddress(UInt128 Ip, ushort Port, uint ScopeId)
{
    private static readonly UInt128 s_mappedPrefix = new(0, 0xFFFF_0000_0000);

    public bool IsIPv4 => (Ip >> 32) == (s_mappedPrefix >> 32);

    /// <summary>0.0.0.0 or ::, which stands for any address of a host.</summary>
    public bool IsUnspecified => Ip == 0 || Ip == s_mappedPrefix;

    public static PathAddress FromIPv4(uint address, ushort port) => new(s_mappedPrefix | address, port, 0);

    public static PathAddress From(IPEndPoint endPoint)
    {
        Span<byte> bytes = stackalloc byte[16];
        IPAddress address = endPoint.Address;
        if (address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork)
        {
            address.TryWriteBytes(bytes, out _);
            return FromIPv4(System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(bytes), (ushort)endPoint.Port);
        }

        address.TryWriteBytes(bytes, out _);
        UInt128 ip = System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(bytes);
        return new PathAddress(ip, (ushort)endPoint.Port, address.IsIPv4MappedToIPv6 ? 0 : (uint)address.ScopeId);
    }

    public IPEndPoint ToIPEndPoint()
    {
        Span<byte> bytes = stackalloc byte[16];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt128BigEndian(bytes, Ip);
        return IsIPv4 ? new IPEndPoint(new IPAddress(bytes[12..]), Port) : new IPEndPoint(new IPAddress(bytes, ScopeId), Port);
    }

    public override string ToString() => ToIPEndPoint().ToString();
}
