using System.Buffers.Binary;
using Quiver.Protocol.Primitives;

namespace Quiver.Sockets.Interop;

/// <summary>struct sockaddr_in and sockaddr_in6 of Linux, from and to <see cref="PathAddress"/>.</summary>
internal static class SocketAddressCodec
{
    public const int MaxLength = 28;

    private const int IPv4Length = 16;

    /// <summary>Writes an address for a socket of one family and returns its length; 0 when the family cannot express it.</summary>
    public static int Write(in PathAddress address, bool ipv6Socket, Span<byte> destination)
    {
        destination[..MaxLength].Clear();
        BinaryPrimitives.WriteUInt16BigEndian(destination[2..], address.Port);
        if (ipv6Socket)
        {
            BitConverter.TryWriteBytes(destination, (ushort)LinuxOption.FamilyIPv6);
            BinaryPrimitives.WriteUInt128BigEndian(destination[8..], address.Ip);
            BitConverter.TryWriteBytes(destination[24..], address.ScopeId);
            return MaxLength;
        }

        BitConverter.TryWriteBytes(destination, (ushort)LinuxOption.FamilyIPv4);
        BinaryPrimitives.WriteUInt32BigEndian(destination[4..], (uint)address.Ip);
        return address.IsIPv4 ? IPv4Length : 0;
    }

    public static PathAddress Read(ReadOnlySpan<byte> source)
    {
        ushort port = BinaryPrimitives.ReadUInt16BigEndian(source[2..]);
        return BitConverter.ToUInt16(source) == LinuxOption.FamilyIPv6
            ? new PathAddress(BinaryPrimitives.ReadUInt128BigEndian(source[8..]), port, BitConverter.ToUInt32(source[24..]))
            : PathAddress.FromIPv4(BinaryPrimitives.ReadUInt32BigEndian(source[4..]), port);
    }
}
