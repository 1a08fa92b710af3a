using System.Buffers.Binary;
using Quiver.Protocol.Buffers;
using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.TransportParameters;

/// <summary>An address that the server would rather be reached at. RFC 9000 §9.6, §18.2.</summary>
internal sealed record PreferredAddress(
    PathAddress? IPv4, PathAddress? IPv6, ConnectionId ConnectionId, StatelessResetToken ResetToken)
{
    /// <summary>Both addresses with their ports.</summary>
    public const int AddressesLength = 4 + 2 + 16 + 2;

    public int Length => AddressesLength + 1 + ConnectionId.Length + StatelessResetToken.Length;

    /// <summary>A family without an address is all zeros. RFC 9000 §18.2.</summary>
    public void Write(ref PacketWriter writer)
    {
        Span<byte> addresses = stackalloc byte[AddressesLength];
        addresses.Clear();
        if (IPv4 is PathAddress ipv4)
        {
            BinaryPrimitives.WriteUInt32BigEndian(addresses, (uint)ipv4.Ip);
            BinaryPrimitives.WriteUInt16BigEndian(addresses[4..], ipv4.Port);
        }

        if (IPv6 is PathAddress ipv6)
        {
            BinaryPrimitives.WriteUInt128BigEndian(addresses[6..], ipv6.Ip);
            BinaryPrimitives.WriteUInt16BigEndian(addresses[22..], ipv6.Port);
        }

        writer.WriteBytes(addresses);
        writer.WriteConnectionId(ConnectionId);
        ResetToken.Write(writer.Free);
        writer.Advance(StatelessResetToken.Length);
    }
}
