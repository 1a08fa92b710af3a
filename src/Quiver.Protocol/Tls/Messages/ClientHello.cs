using Quiver.Protocol.Primitives;
using Quiver.Protocol.Tls.Extensions;

namespace Quiver.Protocol.Tls.Messages;

/// <summary>A ClientHello as a server reads it. Keeps a copy of the message, since it outlives the receive buffer.
/// RFC 9846 §4.2.2.</summary>
internal sealed class ClientHello
{
    public const int RandomLength = 32;

    private const ushort LegacyVersion = SupportedVersionsExtension.Tls12;
    private const int RandomOffset = HandshakeMessage.HeaderLength + 2;

    private readonly byte[] _message;
    private readonly int _afterRandom;

    private ClientHello(byte[] message)
    {
        _message = message;
        _afterRandom = RandomOffset + RandomLength;
    }

    public ReadOnlyMemory<byte> Random => _message.AsMemory(RandomOffset, RandomLength);

    /// <summary>The whole message, for the transcript.</summary>
    public ReadOnlySpan<byte> Whole => _message;

    public CodePoints Suites
    {
        get
        {
            TlsReader reader = AfterSessionId();
            return reader.ReadCodePoints16();
        }
    }

    public ExtensionBlock Extensions
    {
        get
        {
            TlsReader reader = AfterSessionId();
            reader.ReadVector16();
            reader.ReadVector8();
            return ExtensionBlock.Read(ref reader, ExtensionPlacement.ClientHello);
        }
    }

    /// <summary>Reads and checks all that needs no settings.</summary>
    public static ClientHello Read(HandshakeMessage message)
    {
        TlsReader reader = new(message.Body, "ClientHello");

        // RFC 9846 §4.2.2.
        ushort version = reader.ReadUInt16();
        if (version != LegacyVersion)
        {
            TransportException.ThrowAlert(TlsAlert.ProtocolVersion, $"TLS: ClientHello has legacy_version 0x{version:x4}");
        }

        reader.ReadBytes(RandomLength);
        ReadOnlySpan<byte> sessionId = reader.ReadVector8(0, 32);
        reader.ReadCodePoints16();
        ReadOnlySpan<byte> compression = reader.ReadVector8(1);

        // Without extensions it is of TLS 1.2 or older, which QUIC does not use. RFC 9001 §4.2.
        if (reader.IsEmpty)
        {
            ThrowOldVersion();
        }

        ExtensionBlock extensions = ExtensionBlock.Read(ref reader, ExtensionPlacement.ClientHello);
        reader.ExpectEnd();
        CheckVersions(extensions);

        // QUIC has no middlebox compatibility mode. RFC 9001 §8.4.
        if (!sessionId.IsEmpty)
        {
            TransportException.Throw(TransportErrorCode.ProtocolViolation, "TLS: ClientHello has a legacy_session_id", frameType: 0x06);
        }

        // No compression, and nothing else offered. RFC 9846 §4.2.2.
        if (compression is not [0])
        {
            TransportException.ThrowAlert(TlsAlert.IllegalParameter, "TLS: ClientHello offers compression");
        }

        CheckExtensions(extensions);
        return new ClientHello(message.Whole.ToArray());
    }

    private static void CheckVersions(ExtensionBlock extensions)
    {
        if (!extensions.TryFind(ExtensionType.SupportedVersions, out ReadOnlySpan<byte> data)
            || !SupportedVersionsExtension.ReadRequest(data).Contains(SupportedVersionsExtension.Tls13))
        {
            ThrowOldVersion();
        }
    }

    private static void CheckExtensions(ExtensionBlock extensions)
    {
        ExtensionRules.CheckRequest(extensions, ExtensionPlacement.ClientHello);

        // What a key exchange needs, and QUIC. RFC 9846 §9.2; RFC 9001 §8.2.
        extensions.Find(ExtensionType.SupportedGroups, ExtensionPlacement.ClientHello);
        extensions.Find(ExtensionType.KeyShare, ExtensionPlacement.ClientHello);
        extensions.Find(ExtensionType.QuicTransportParameters, ExtensionPlacement.ClientHello);
        if (!extensions.Contains(ExtensionType.PreSharedKey))
        {
            // Certificates need it, and without a PSK there is nothing else. RFC 9846 §9.2.
            extensions.Find(ExtensionType.SignatureAlgorithms, ExtensionPlacement.ClientHello);
            CheckEarlyData(extensions);
            return;
        }

        // PSKs come with their modes, and last. RFC 9846 §4.3.9, §4.3.
        extensions.Find(ExtensionType.PskKeyExchangeModes, ExtensionPlacement.ClientHello);
        ExtensionType last = default;
        foreach (ExtensionType type in extensions)
        {
            last = type;
        }

        if (last != ExtensionType.PreSharedKey)
        {
            TransportException.ThrowAlert(TlsAlert.IllegalParameter, "TLS: pre_shared_key is not the last extension of ClientHello");
        }
    }

    private static void CheckEarlyData(ExtensionBlock extensions)
    {
        // Early data goes with a PSK. RFC 9846 §4.3.10.
        if (extensions.Contains(ExtensionType.EarlyData))
        {
            TransportException.ThrowAlert(TlsAlert.IllegalParameter, "TLS: ClientHello offers early data without pre_shared_key");
        }
    }

    private static void ThrowOldVersion() =>
        TransportException.ThrowAlert(TlsAlert.ProtocolVersion, "TLS: the client does not offer TLS 1.3");

    private TlsReader AfterSessionId()
    {
        TlsReader reader = new(_message.AsSpan(_afterRandom), "ClientHello");
        reader.ReadVector8();
        return reader;
    }
}
