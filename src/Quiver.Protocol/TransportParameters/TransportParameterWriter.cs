using Quiver.Protocol.Buffers;
using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.TransportParameters;

/// <summary>Encodes transport parameters; those at their default are left out. RFC 9000 §18.</summary>
internal static class TransportParameterWriter
{
    private const int MaxLength = 512;

    /// <summary>Encodes our parameters. A reserved one is added so that peers keep ignoring what they do not know. RFC 9000 §18.1.</summary>
    public static byte[] Write(TransportParameterSet parameters, IRandomSource random)
    {
        var writer = new PacketWriter(new byte[MaxLength]);
        WriteAll(ref writer, parameters);
        WriteReserved(ref writer, random);
        return writer.Written.ToArray();
    }

    /// <summary>Encodes parameters for our own memory.</summary>
    public static byte[] Write(TransportParameterSet parameters)
    {
        var writer = new PacketWriter(new byte[MaxLength]);
        WriteAll(ref writer, parameters);
        return writer.Written.ToArray();
    }

    private static void WriteAll(ref PacketWriter writer, TransportParameterSet parameters)
    {
        WriteId(ref writer, TransportParameterId.OriginalDestinationConnectionId, parameters.OriginalDestinationConnectionId);
        WriteValue(ref writer, TransportParameterId.MaxIdleTimeout, (ulong)parameters.MaxIdleTimeout.TotalMilliseconds, 0);
        if (parameters.StatelessResetToken is StatelessResetToken token)
        {
            writer.WriteVarInt((ulong)TransportParameterId.StatelessResetToken);
            writer.WriteVarInt(StatelessResetToken.Length);
            token.Write(writer.Free);
            writer.Advance(StatelessResetToken.Length);
        }

        WriteValue(ref writer, TransportParameterId.MaxUdpPayloadSize, parameters.MaxUdpPayloadSize, TransportParameterSet.DefaultMaxUdpPayloadSize);
        WriteValue(ref writer, TransportParameterId.InitialMaxData, parameters.InitialMaxData, 0);
        WriteValue(ref writer, TransportParameterId.InitialMaxStreamDataBidiLocal, parameters.InitialMaxStreamDataBidiLocal, 0);
        WriteValue(ref writer, TransportParameterId.InitialMaxStreamDataBidiRemote, parameters.InitialMaxStreamDataBidiRemote, 0);
        WriteValue(ref writer, TransportParameterId.InitialMaxStreamDataUni, parameters.InitialMaxStreamDataUni, 0);
        WriteValue(ref writer, TransportParameterId.InitialMaxStreamsBidi, parameters.InitialMaxStreamsBidi, 0);
        WriteValue(ref writer, TransportParameterId.InitialMaxStreamsUni, parameters.InitialMaxStreamsUni, 0);
        WriteValue(ref writer, TransportParameterId.AckDelayExponent, parameters.AckDelayExponent, TransportParameterSet.DefaultAckDelayExponent);
        WriteValue(
            ref writer,
            TransportParameterId.MaxAckDelay,
            (ulong)parameters.MaxAckDelay.TotalMilliseconds,
            (ulong)TransportParameterSet.DefaultMaxAckDelay.TotalMilliseconds);
        if (parameters.DisableActiveMigration)
        {
            writer.WriteVarInt((ulong)TransportParameterId.DisableActiveMigration);
            writer.WriteVarInt(0);
        }

        if (parameters.PreferredAddress is { } preferred)
        {
            writer.WriteVarInt((ulong)TransportParameterId.PreferredAddress);
            writer.WriteVarInt((ulong)preferred.Length);
            preferred.Write(ref writer);
        }

        WriteValue(
            ref writer,
            TransportParameterId.ActiveConnectionIdLimit,
            parameters.ActiveConnectionIdLimit,
            TransportParameterSet.DefaultActiveConnectionIdLimit);
        WriteId(ref writer, TransportParameterId.InitialSourceConnectionId, parameters.InitialSourceConnectionId);
        WriteId(ref writer, TransportParameterId.RetrySourceConnectionId, parameters.RetrySourceConnectionId);
        if (parameters.VersionInformation is { } versions)
        {
            writer.WriteVarInt((ulong)TransportParameterId.VersionInformation);
            writer.WriteVarInt((ulong)versions.Length);
            versions.Write(ref writer);
        }

        WriteValue(ref writer, TransportParameterId.MaxDatagramFrameSize, parameters.MaxDatagramFrameSize, 0);
    }

    private static void WriteValue(ref PacketWriter writer, TransportParameterId id, ulong value, ulong absent)
    {
        if (value != absent)
        {
            writer.WriteVarInt((ulong)id);
            writer.WriteVarInt((ulong)VarInt.Length(value));
            writer.WriteVarInt(value);
        }
    }

    private static void WriteId(ref PacketWriter writer, TransportParameterId id, ConnectionId? value)
    {
        if (value is ConnectionId connectionId)
        {
            writer.WriteVarInt((ulong)id);
            writer.WriteConnectionId(connectionId);
        }
    }

    private static void WriteReserved(ref PacketWriter writer, IRandomSource random)
    {
        Span<byte> bytes = stackalloc byte[4];
        random.Fill(bytes);
        writer.WriteVarInt((31UL * bytes[0]) + 27);
        writer.WriteVarInt(3);
        writer.WriteBytes(bytes[1..]);
    }
}
