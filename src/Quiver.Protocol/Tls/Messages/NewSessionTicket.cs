using Quiver.Protocol.Primitives;
using Quiver.Protocol.Tls.Extensions;

namespace Quiver.Protocol.Tls.Messages;

/// <summary>NewSessionTicket. RFC 9846 §4.7.1.</summary>
internal readonly ref struct NewSessionTicket
{
    public uint LifetimeSeconds { get; private init; }

    public uint AgeAdd { get; private init; }

    public ReadOnlySpan<byte> Nonce { get; private init; }

    public ReadOnlySpan<byte> Ticket { get; private init; }

    public bool AllowsEarlyData { get; private init; }

    public static NewSessionTicket Read(HandshakeMessage message)
    {
        TlsReader reader = new(message.Body, "NewSessionTicket");
        uint lifetime = reader.ReadUInt32();
        uint ageAdd = reader.ReadUInt32();
        ReadOnlySpan<byte> nonce = reader.ReadVector8();
        ReadOnlySpan<byte> ticket = reader.ReadVector16(1);
        ExtensionBlock extensions = ExtensionBlock.Read(ref reader, ExtensionPlacement.NewSessionTicket);
        reader.ExpectEnd();
        ExtensionRules.CheckRequest(extensions, ExtensionPlacement.NewSessionTicket);
        return new NewSessionTicket
        {
            LifetimeSeconds = lifetime,
            AgeAdd = ageAdd,
            Nonce = nonce,
            Ticket = ticket,
            AllowsEarlyData = ReadEarlyData(extensions),
        };
    }

    public static void Write(TlsWriter writer, uint lifetimeSeconds, uint ageAdd, byte nonce, ReadOnlySpan<byte> ticket, bool allowsEarlyData)
    {
        int message = writer.BeginMessage(HandshakeType.NewSessionTicket);
        writer.WriteUInt32(lifetimeSeconds);
        writer.WriteUInt32(ageAdd);
        writer.WriteVector8([nonce]);
        writer.WriteVector16(ticket);
        int extensions = writer.BeginVector(2);
        if (allowsEarlyData)
        {
            EarlyDataExtension.WriteInTicket(writer);
        }

        writer.EndVector(extensions, 2);
        writer.EndMessage(message);
    }

    private static bool ReadEarlyData(ExtensionBlock extensions)
    {
        if (!extensions.TryFind(ExtensionType.EarlyData, out ReadOnlySpan<byte> data))
        {
            return false;
        }

        // RFC 9001 §4.6.1.
        uint maximum = EarlyDataExtension.ReadInTicket(data);
        if (maximum != EarlyDataExtension.Maximum)
        {
            TransportException.Throw(
                TransportErrorCode.ProtocolViolation, $"TLS: a ticket limits early data to {maximum} bytes", frameType: 0x06);
        }

        return true;
    }
}
