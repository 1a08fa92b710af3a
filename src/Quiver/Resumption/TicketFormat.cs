using Quiver.Protocol.Crypto;
using Quiver.Protocol.Primitives;
using Quiver.Protocol.Tls;
using Quiver.Protocol.Tls.Resumption;
using Quiver.Protocol.TransportParameters;

namespace Quiver.Resumption;

/// <summary>A client's ticket as bytes.</summary>
internal static class TicketFormat
{
    /// <summary>Changes with the format.</summary>
    private const int Magic = 0x51535432;

    public static byte[] Write(SessionTicket ticket)
    {
        TlsSession session = ticket.Session;
        using MemoryStream bytes = new();
        using BinaryWriter writer = new(bytes);
        writer.Write(Magic);
        writer.Write(ticket.ReceivedAt.UtcTicks);
        writer.Write(ticket.ExpiresAt.UtcTicks);
        writer.Write(ticket.Verification.HasCallback);
        WriteBytes(writer, ticket.Verification.Policy);
        WriteBytes(writer, TransportParameterWriter.Write(ticket.Parameters));
        writer.Write((uint)session.Version);
        writer.Write((ushort)session.Suite);
        writer.Write((ushort)session.Group);
        WriteBytes(writer, session.Protocol.Span);
        WriteBytes(writer, session.Psk);
        WriteBytes(writer, session.Ticket);
        writer.Write(session.AgeAdd);
        writer.Write(session.Lifetime.Ticks);
        writer.Write(session.AllowsEarlyData);
        writer.Write(session.PeerCertificates.Count);
        foreach (ReadOnlyMemory<byte> certificate in session.PeerCertificates)
        {
            WriteBytes(writer, certificate.Span);
        }

        writer.Flush();
        return bytes.ToArray();
    }

    public static SessionTicket Read(ReadOnlySpan<byte> data)
    {
        using MemoryStream bytes = new(data.ToArray());
        using BinaryReader reader = new(bytes);
        try
        {
            if (reader.ReadInt32() != Magic)
            {
                throw new FormatException("This is not a session ticket, or one of another release.");
            }

            var received = new DateTimeOffset(reader.ReadInt64(), TimeSpan.Zero);
            var expires = new DateTimeOffset(reader.ReadInt64(), TimeSpan.Zero);
            bool hasCallback = reader.ReadBoolean();
            var verification = new VerificationMark(ReadBytes(reader), hasCallback, callback: null);
            TransportParameterSet parameters = TransportParameterReader.Read(ReadBytes(reader), EndpointRole.Server);
            return new SessionTicket(ReadSession(reader), parameters, verification, received, expires);
        }
        catch (Exception e) when (e is IOException or ArgumentException or TransportException)
        {
            throw new FormatException("The session ticket is cut or damaged.", e);
        }
    }

    private static TlsSession ReadSession(BinaryReader reader)
    {
        const int MaxCertificates = 100;
        uint version = reader.ReadUInt32();
        var suite = (CipherSuite)reader.ReadUInt16();
        var group = (NamedGroup)reader.ReadUInt16();
        byte[] protocol = ReadBytes(reader);
        byte[] psk = ReadBytes(reader);
        byte[] ticket = ReadBytes(reader);
        uint ageAdd = reader.ReadUInt32();
        var lifetime = new TimeSpan(reader.ReadInt64());
        bool allowsEarlyData = reader.ReadBoolean();
        int count = reader.ReadInt32();
        if (!QuicVersions.IsSpoken(version) || count is < 0 or > MaxCertificates || psk.Length != Aeads.HashLength(suite) || ticket.Length == 0)
        {
            throw new FormatException("The session ticket is damaged.");
        }

        List<ReadOnlyMemory<byte>> certificates = [];
        for (int i = 0; i < count; i++)
        {
            certificates.Add(ReadBytes(reader));
        }

        return new TlsSession
        {
            Version = (Protocol.Primitives.QuicVersion)version,
            Suite = suite,
            Group = group,
            Protocol = protocol,
            Psk = psk,
            Ticket = ticket,
            AgeAdd = ageAdd,
            Lifetime = lifetime,
            AllowsEarlyData = allowsEarlyData,
            PeerCertificates = certificates,
        };
    }

    private static void WriteBytes(BinaryWriter writer, ReadOnlySpan<byte> bytes)
    {
        writer.Write(bytes.Length);
        writer.Write(bytes);
    }

    private static byte[] ReadBytes(BinaryReader reader)
    {
        int length = reader.ReadInt32();
        if (length < 0 || length > reader.BaseStream.Length - reader.BaseStream.Position)
        {
            throw new FormatException("The session ticket is cut or damaged.");
        }

        return reader.ReadBytes(length);
    }
}
