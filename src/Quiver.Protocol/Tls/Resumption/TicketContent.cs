using System.Buffers.Binary;
using System.Text;
using Quiver.Protocol.Crypto;
using Quiver.Protocol.Primitives;
using Quiver.Protocol.Tls.Messages;

namespace Quiver.Protocol.Tls.Resumption;

/// <summary>What a server must know to resume a session, and so puts into the ticket. RFC 9846 §4.7.1, RFC 9000 §7.4.1.</summary>
internal sealed record TicketContent
{
    /// <summary>Changes with the format: tickets of another are not read.</summary>
    private const byte Format = 1;

    public required QuicVersion Version { get; init; }

    public required CipherSuite Suite { get; init; }

    public required byte[] Psk { get; init; }

    public required long IssuedMilliseconds { get; init; }

    public required uint LifetimeSeconds { get; init; }

    public required uint AgeAdd { get; init; }

    public required bool AllowsEarlyData { get; init; }

    public required byte[] Protocol { get; init; }

    /// <summary>The name that the client asked for; empty: none.</summary>
    public required string ServerName { get; init; }

    /// <summary>Our transport parameters that the client remembers, encoded.</summary>
    public required byte[] Parameters { get; init; }

    public required byte[] ApplicationData { get; init; }

    public byte[] Write()
    {
        TlsWriter writer = new();
        writer.WriteByte(Format);
        writer.WriteUInt32((uint)Version);
        writer.WriteUInt16((ushort)Suite);
        writer.WriteVector8(Psk);
        BinaryPrimitives.WriteInt64BigEndian(writer.Reserve(8), IssuedMilliseconds);
        writer.WriteUInt32(LifetimeSeconds);
        writer.WriteUInt32(AgeAdd);
        writer.WriteByte((byte)(AllowsEarlyData ? 1 : 0));
        writer.WriteVector8(Protocol);
        writer.WriteVector16(Encoding.UTF8.GetBytes(ServerName));
        writer.WriteVector16(Parameters);
        writer.WriteVector16(ApplicationData);
        return writer.Written.ToArray();
    }

    /// <summary>Null when it is of another format.</summary>
    public static TicketContent? Read(ReadOnlySpan<byte> content)
    {
        // Authentic, so written by us: what does not fit is of another release of ours.
        TlsReader reader = new(content, "a ticket's content");
        if (content.IsEmpty || reader.ReadByte() != Format)
        {
            return null;
        }

        return new TicketContent
        {
            Version = (QuicVersion)reader.ReadUInt32(),
            Suite = (CipherSuite)reader.ReadUInt16(),
            Psk = reader.ReadVector8().ToArray(),
            IssuedMilliseconds = BinaryPrimitives.ReadInt64BigEndian(reader.ReadBytes(8)),
            LifetimeSeconds = reader.ReadUInt32(),
            AgeAdd = reader.ReadUInt32(),
            AllowsEarlyData = reader.ReadByte() != 0,
            Protocol = reader.ReadVector8().ToArray(),
            ServerName = Encoding.UTF8.GetString(reader.ReadVector16()),
            Parameters = reader.ReadVector16().ToArray(),
            ApplicationData = reader.ReadVector16().ToArray(),
        };
    }
}
