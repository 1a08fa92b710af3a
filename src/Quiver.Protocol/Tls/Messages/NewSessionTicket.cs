using Quiver.Protocol.Primitives;
using Quiver.Protocol.Tls.Extensions;

namespace Quiver.Protocol.Tls.Messages;

/// <summary>NewSessionTicket as a client reads it. Resumption will take it from here; until then it is checked and dropped.
/// RFC 9846 §4.7.1.</summary>
internal readonly ref struct NewSessionTicket
{
    private const int EarlyDataLength = 4;

    /// <summary>Early data in QUIC has no limit in TLS: this value or no extension. RFC 9001 §4.6.1.</summary>
    private const uint EarlyDataMaximum = uint.MaxValue;

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

    private static bool ReadEarlyData(ExtensionBlock extensions)
    {
        if (!extensions.TryFind(ExtensionType.EarlyData, out ReadOnlySpan<byte> data))
        {
            return false;
        }

        TlsReader reader = new(data, "extension early_data");
        uint maximum = reader.ReadUInt32();
        reader.ExpectEnd();

        // RFC 9001 §4.6.1.
        if (data.Length != EarlyDataLength || maximum != EarlyDataMaximum)
        {
            TransportException.Throw(
                TransportErrorCode.ProtocolViolation, $"TLS: a ticket limits early data to {maximum} bytes", frameType: 0x06);
        }

        return true;
    }
}
