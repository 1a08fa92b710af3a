using Quiver.Protocol.Crypto;
using Quiver.Protocol.Primitives;
using Quiver.Protocol.Tls.Extensions;

namespace Quiver.Protocol.Tls.Messages;

/// <summary>A ServerHello, or the HelloRetryRequest that looks like one. RFC 9846 §4.2.3, §4.2.4.</summary>
internal readonly ref struct ServerHello
{
    private const ushort LegacyVersion = SupportedVersionsExtension.Tls12;
    private const int RandomLength = ClientHello.RandomLength;

    private ServerHello(bool isRetry, CipherSuite suite, ExtensionBlock extensions)
    {
        IsRetry = isRetry;
        Suite = suite;
        Extensions = extensions;
    }

    public bool IsRetry { get; }

    public CipherSuite Suite { get; }

    public ExtensionBlock Extensions { get; }

    public ExtensionPlacement Placement => IsRetry ? ExtensionPlacement.HelloRetryRequest : ExtensionPlacement.ServerHello;

    /// <summary>The random that marks a HelloRetryRequest: SHA-256 of its name. RFC 9846 §4.2.3.</summary>
    private static ReadOnlySpan<byte> RetryRandom =>
    [
        0xCF, 0x21, 0xAD, 0x74, 0xE5, 0x9A, 0x61, 0x11, 0xBE, 0x1D, 0x8C, 0x02, 0x1E, 0x65, 0xB8, 0x91,
        0xC2, 0xA2, 0x11, 0x16, 0x7A, 0xBB, 0x8C, 0x5E, 0x07, 0x9E, 0x09, 0xE2, 0xC8, 0xA8, 0x33, 0x9C,
    ];

    /// <summary>What ends the random of a TLS 1.3 server that was talked down; one byte follows. RFC 9846 §4.2.3.</summary>
    private static ReadOnlySpan<byte> DowngradeSentinel => "DOWNGRD"u8;

    public static ServerHello Read(HandshakeMessage message)
    {
        TlsReader reader = new(message.Body, "ServerHello");
        ushort legacyVersion = reader.ReadUInt16();
        ReadOnlySpan<byte> random = reader.ReadBytes(RandomLength);
        ReadOnlySpan<byte> sessionId = reader.ReadVector8(0, 32);
        CipherSuite suite = (CipherSuite)reader.ReadUInt16();
        byte compression = reader.ReadByte();

        // A ServerHello of TLS 1.2 may end here.
        ExtensionBlock extensions = reader.IsEmpty ? default : ExtensionBlock.Read(ref reader, ExtensionPlacement.ServerHello);
        reader.ExpectEnd();
        CheckVersion(extensions, random, legacyVersion);

        // We sent none, so none may come back. RFC 9846 §4.2.3.
        if (!sessionId.IsEmpty)
        {
            TransportException.ThrowAlert(TlsAlert.IllegalParameter, "TLS: ServerHello echoes a session id that was not sent");
        }

        // RFC 9846 §4.2.3.
        if (compression != 0)
        {
            TransportException.ThrowAlert(TlsAlert.IllegalParameter, "TLS: ServerHello chooses compression");
        }

        return new ServerHello(random.SequenceEqual(RetryRandom), suite, extensions);
    }

    /// <summary>Writes a ServerHello, which may resume a session, or with a random of null a HelloRetryRequest, whose share is only the
    /// group's name.</summary>
    public static ReadOnlySpan<byte> Write(
        TlsWriter writer, IRandomSource? random, CipherSuite suite, NamedGroup group, ReadOnlySpan<byte> share, int? session = null)
    {
        int message = writer.BeginMessage(HandshakeType.ServerHello);
        writer.WriteUInt16(LegacyVersion);
        if (random is null)
        {
            writer.Write(RetryRandom);
        }
        else
        {
            random.Fill(writer.Reserve(RandomLength));
        }

        // No session id to echo and no compression. RFC 9001 §8.4.
        writer.WriteByte(0);
        writer.WriteUInt16((ushort)suite);
        writer.WriteByte(0);
        int extensions = writer.BeginVector(2);
        SupportedVersionsExtension.WriteResponse(writer);
        if (random is null)
        {
            KeyShareExtension.WriteRetry(writer, group);
        }
        else
        {
            KeyShareExtension.WriteResponse(writer, group, share);
            if (session is int selected)
            {
                PreSharedKeyExtension.WriteResponse(writer, selected);
            }
        }

        writer.EndVector(extensions, 2);
        return writer.EndMessage(message);
    }

    private static void CheckVersion(ExtensionBlock extensions, ReadOnlySpan<byte> random, ushort legacyVersion)
    {
        if (!extensions.TryFind(ExtensionType.SupportedVersions, out ReadOnlySpan<byte> data))
        {
            // Somebody made a TLS 1.3 server believe that we know only older versions. RFC 9846 §4.2.3.
            if (random[^8..^1].SequenceEqual(DowngradeSentinel) && random[^1] <= 1)
            {
                TransportException.ThrowAlert(TlsAlert.IllegalParameter, "TLS: the server was talked down from TLS 1.3");
            }

            // RFC 9001 §4.2.
            TransportException.ThrowAlert(TlsAlert.ProtocolVersion, "TLS: the server chooses a version older than TLS 1.3");
        }

        // RFC 9846 §4.3.1.
        ushort version = SupportedVersionsExtension.ReadResponse(data);
        if (version != SupportedVersionsExtension.Tls13)
        {
            TransportException.ThrowAlert(
                TlsAlert.IllegalParameter, $"TLS: the server chooses version 0x{version:x4}, which was not offered");
        }

        // RFC 9846 §4.2.3.
        if (legacyVersion != LegacyVersion)
        {
            TransportException.ThrowAlert(TlsAlert.ProtocolVersion, $"TLS: ServerHello has legacy_version 0x{legacyVersion:x4}");
        }
    }
}
