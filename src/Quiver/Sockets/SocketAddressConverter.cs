using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Quiver.Protocol.Primitives;

namespace Quiver.Sockets;

/// <summary>
/// <see cref="SocketAddress"/> from and to <see cref="PathAddress"/> without allocating. The bytes behind the family are the same on
/// Windows, macOS and Linux: port, then the IPv4 address, or flow label, IPv6 address and scope.
/// </summary>
internal static class SocketAddressConverter
{
    /// <summary>False when the address's family cannot be expressed in that of <paramref name="destination"/>.</summary>
    public static bool TryWrite(in PathAddress address, SocketAddress destination)
    {
        Span<byte> bytes = destination.Buffer.Span;
        BinaryPrimitives.WriteUInt16BigEndian(bytes[2..], address.Port);
        if (destination.Family == AddressFamily.InterNetworkV6)
        {
            BinaryPrimitives.WriteUInt128BigEndian(bytes[8..], address.Ip);
            BinaryPrimitives.WriteUInt32LittleEndian(bytes[24..], address.ScopeId);
            return true;
        }

        BinaryPrimitives.WriteUInt32BigEndian(bytes[4..], (uint)address.Ip);
        return address.IsIPv4;
    }

    public static PathAddress Read(SocketAddress source)
    {
        ReadOnlySpan<byte> bytes = source.Buffer.Span;
        ushort port = BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]);
        return source.Family == AddressFamily.InterNetworkV6
            ? new PathAddress(BinaryPrimitives.ReadUInt128BigEndian(bytes[8..]), port, BinaryPrimitives.ReadUInt32LittleEndian(bytes[24..]))
            : PathAddress.FromIPv4(BinaryPrimitives.ReadUInt32BigEndian(bytes[4..]), port);
    }
}
