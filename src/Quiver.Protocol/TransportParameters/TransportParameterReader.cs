using System.Buffers.Binary;
using Quiver.Protocol.Buffers;
using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.TransportParameters;

/// <summary>Decodes and validates the peer's transport parameters. RFC 9000 §7.4, §18.2. Faults are TRANSPORT_PARAMETER_ERROR.</summary>
internal static class TransportParameterReader
{
    private const ulong MinUdpPayloadSize = 1200;
    private const ulong MaxAckDelayExponent = 20;
    private const ulong MaxAckDelayMilliseconds = (1 << 14) - 1;

    /// <summary>Ids above this are not looked for as duplicates: a bound on the work that a peer can ask for.</summary>
    private const int KnownIds = 64;

    public static TransportParameterSet Read(ReadOnlySpan<byte> encoded, EndpointRole sender)
    {
        var reader = new PacketReader(encoded);
        TransportParameterSet result = new();
        ulong seen = 0;
        while (!reader.IsEmpty)
        {
            if (!reader.TryReadVarInt(out ulong id) || !reader.TryReadVarIntBytes(out ReadOnlySpan<byte> value))
            {
                Fail("transport parameters end in the middle of one");
                return result;
            }

            // A parameter must not come twice. RFC 9000 §7.4.
            if (id < KnownIds)
            {
                if ((seen & (1UL << (int)id)) != 0)
                {
                    Fail($"transport parameter 0x{id:x} comes twice");
                }

                seen |= 1UL << (int)id;
            }

            Apply(result, (TransportParameterId)id, value, sender);
        }

        return result;
    }

    private static void Apply(TransportParameterSet set, TransportParameterId id, ReadOnlySpan<byte> value, EndpointRole sender)
    {
        switch (id)
        {
            case TransportParameterId.OriginalDestinationConnectionId:
                set.OriginalDestinationConnectionId = ReadId(ServerOnly(value, id, sender), id);
                break;
            case TransportParameterId.MaxIdleTimeout:
                set.MaxIdleTimeout = Milliseconds(ReadValue(value, id));
                break;
            case TransportParameterId.StatelessResetToken:
                set.StatelessResetToken = ReadToken(ServerOnly(value, id, sender));
                break;
            case TransportParameterId.MaxUdpPayloadSize:
                set.MaxUdpPayloadSize = AtLeast(ReadValue(value, id), MinUdpPayloadSize, id);
                break;
            case TransportParameterId.InitialMaxData:
                set.InitialMaxData = ReadValue(value, id);
                break;
            case TransportParameterId.InitialMaxStreamDataBidiLocal:
                set.InitialMaxStreamDataBidiLocal = ReadValue(value, id);
                break;
            case TransportParameterId.InitialMaxStreamDataBidiRemote:
                set.InitialMaxStreamDataBidiRemote = ReadValue(value, id);
                break;
            case TransportParameterId.InitialMaxStreamDataUni:
                set.InitialMaxStreamDataUni = ReadValue(value, id);
                break;
            case TransportParameterId.InitialMaxStreamsBidi:
                set.InitialMaxStreamsBidi = AtMost(ReadValue(value, id), StreamId.MaxCount, id);
                break;
            case TransportParameterId.InitialMaxStreamsUni:
                set.InitialMaxStreamsUni = AtMost(ReadValue(value, id), StreamId.MaxCount, id);
                break;
            case TransportParameterId.AckDelayExponent:
                set.AckDelayExponent = AtMost(ReadValue(value, id), MaxAckDelayExponent, id);
                break;
            case TransportParameterId.MaxAckDelay:
                set.MaxAckDelay = Milliseconds(AtMost(ReadValue(value, id), MaxAckDelayMilliseconds, id));
                break;
            case TransportParameterId.DisableActiveMigration:
                set.DisableActiveMigration = IsEmpty(value, id);
                break;
            case TransportParameterId.PreferredAddress:
                set.PreferredAddress = ReadPreferredAddress(ServerOnly(value, id, sender));
                break;
            case TransportParameterId.ActiveConnectionIdLimit:
                set.ActiveConnectionIdLimit = AtLeast(ReadValue(value, id), 2, id);
                break;
            case TransportParameterId.InitialSourceConnectionId:
                set.InitialSourceConnectionId = ReadId(value, id);
                break;
            case TransportParameterId.RetrySourceConnectionId:
                set.RetrySourceConnectionId = ReadId(ServerOnly(value, id, sender), id);
                break;
            case TransportParameterId.VersionInformation:
                set.VersionInformation = ReadVersions(value, sender);
                break;
            case TransportParameterId.MaxDatagramFrameSize:
                set.MaxDatagramFrameSize = ReadValue(value, id);
                break;
            default:
                // What is not known is ignored. RFC 9000 §7.4.2.
                break;
        }
    }

    private static ReadOnlySpan<byte> ServerOnly(ReadOnlySpan<byte> value, TransportParameterId id, EndpointRole sender)
    {
        // A client must not send a server's parameters. RFC 9000 §18.2.
        if (sender == EndpointRole.Client)
        {
            Fail($"a client sent transport parameter {id}");
        }

        return value;
    }

    private static ulong ReadValue(ReadOnlySpan<byte> value, TransportParameterId id)
    {
        if (!VarInt.TryRead(value, out ulong number, out int length) || length != value.Length)
        {
            Fail($"transport parameter {id} is not a number");
        }

        return number;
    }

    private static ulong AtLeast(ulong value, ulong minimum, TransportParameterId id)
    {
        if (value < minimum)
        {
            Fail($"transport parameter {id} is {value}, below {minimum}");
        }

        return value;
    }

    private static ulong AtMost(ulong value, ulong maximum, TransportParameterId id)
    {
        if (value > maximum)
        {
            Fail($"transport parameter {id} is {value}, above {maximum}");
        }

        return value;
    }

    // A day is as good as for ever, and cannot overflow.
    private static TimeSpan Milliseconds(ulong value) => TimeSpan.FromMilliseconds(Math.Min(value, 86_400_000));

    private static bool IsEmpty(ReadOnlySpan<byte> value, TransportParameterId id)
    {
        if (!value.IsEmpty)
        {
            Fail($"transport parameter {id} has a value");
        }

        return true;
    }

    private static ConnectionId ReadId(ReadOnlySpan<byte> value, TransportParameterId id)
    {
        if (value.Length > ConnectionId.MaxLength)
        {
            Fail($"transport parameter {id} has {value.Length} bytes");
        }

        return new ConnectionId(value);
    }

    private static StatelessResetToken ReadToken(ReadOnlySpan<byte> value)
    {
        if (value.Length != StatelessResetToken.Length)
        {
            Fail($"stateless_reset_token has {value.Length} bytes");
        }

        return StatelessResetToken.Read(value);
    }

    private static VersionInformation ReadVersions(ReadOnlySpan<byte> value, EndpointRole sender)
    {
        // Too short, not whole, or with a zero in it is a parsing failure; so is a client's choice that it does not offer. RFC 9368 §4.
        if (VersionInformation.Read(value) is not { } information || (sender == EndpointRole.Client && !information.Available.Contains(information.Chosen)))
        {
            Fail("version_information is malformed");
            return null!; // not reached
        }

        return information;
    }

    private static PreferredAddress ReadPreferredAddress(ReadOnlySpan<byte> value)
    {
        var reader = new PacketReader(value);
        if (!reader.TryReadBytes(PreferredAddress.AddressesLength, out ReadOnlySpan<byte> addresses) || !reader.TryReadConnectionId(out ConnectionId id)
            || id.Length == 0 || !reader.TryReadBytes(StatelessResetToken.Length, out ReadOnlySpan<byte> token) || !reader.IsEmpty)
        {
            Fail("preferred_address is malformed");
            return null!; // not reached
        }

        uint ipv4 = BinaryPrimitives.ReadUInt32BigEndian(addresses);
        ushort port4 = BinaryPrimitives.ReadUInt16BigEndian(addresses[4..]);
        UInt128 ipv6 = BinaryPrimitives.ReadUInt128BigEndian(addresses[6..]);
        ushort port6 = BinaryPrimitives.ReadUInt16BigEndian(addresses[22..]);
        return new PreferredAddress(
            port4 == 0 ? null : PathAddress.FromIPv4(ipv4, port4),
            port6 == 0 ? null : new PathAddress(ipv6, port6, 0),
            id,
            StatelessResetToken.Read(token));
    }

    [System.Diagnostics.CodeAnalysis.DoesNotReturn]
    private static void Fail(string reason) => TransportException.Throw(TransportErrorCode.TransportParameterError, reason);
}
