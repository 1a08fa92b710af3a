using Quiver.Protocol.Primitives;
using Quiver.Protocol.Tls.Messages;

namespace Quiver.Protocol.Tls.Extensions;

/// <summary>The extensions of one message, as they stand on the wire: well formed, each type once. RFC 9846 §4.3.</summary>
internal readonly ref struct ExtensionBlock
{
    private const int TypeAndLength = 4;

    private readonly ReadOnlySpan<byte> _bytes;

    private ExtensionBlock(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    /// <summary>Reads a block with its length; <paramref name="message"/> names the message in errors.</summary>
    public static ExtensionBlock Read(scoped ref TlsReader reader, ExtensionPlacement message)
    {
        ReadOnlySpan<byte> bytes = reader.ReadVector16();
        TlsReader extensions = new(bytes, NameOf(message));
        Span<ushort> seen = stackalloc ushort[HandshakeLimits.MaxExtensions];
        int count = 0;
        while (!extensions.IsEmpty)
        {
            ushort type = extensions.ReadUInt16();
            extensions.ReadVector16();

            // No type twice in a block. RFC 9846 §4.3.
            if (seen[..count].Contains(type))
            {
                TransportException.ThrowAlert(TlsAlert.IllegalParameter, $"TLS: {message} holds extension {(ExtensionType)type} twice");
            }

            if (count == seen.Length)
            {
                TransportException.ThrowAlert(
                    TlsAlert.IllegalParameter, $"TLS: {message} holds more than {HandshakeLimits.MaxExtensions} extensions");
            }

            seen[count++] = type;
        }

        return new ExtensionBlock(bytes);
    }

    public bool Contains(ExtensionType type) => TryFind(type, out _);

    public bool TryFind(ExtensionType type, out ReadOnlySpan<byte> data)
    {
        Enumerator extensions = GetEnumerator();
        while (extensions.MoveNext())
        {
            if (extensions.Current == type)
            {
                data = extensions.Data;
                return true;
            }
        }

        data = default;
        return false;
    }

    /// <summary>The data of an extension that the message must have. RFC 9846 §9.2.</summary>
    public ReadOnlySpan<byte> Find(ExtensionType type, ExtensionPlacement message)
    {
        if (!TryFind(type, out ReadOnlySpan<byte> data))
        {
            TransportException.ThrowAlert(TlsAlert.MissingExtension, $"TLS: {message} has no extension {type}");
        }

        return data;
    }

    public Enumerator GetEnumerator() => new(_bytes);

    private static string NameOf(ExtensionPlacement message) => message switch
    {
        ExtensionPlacement.ClientHello => "the extension block of ClientHello",
        ExtensionPlacement.ServerHello => "the extension block of ServerHello",
        ExtensionPlacement.EncryptedExtensions => "EncryptedExtensions",
        _ => "an extension block",
    };

    /// <summary>Walks over the types; <see cref="Data"/> belongs to the current one.</summary>
    internal ref struct Enumerator(ReadOnlySpan<byte> bytes)
    {
        private ReadOnlySpan<byte> _rest = bytes;

        public ExtensionType Current { get; private set; }

        public ReadOnlySpan<byte> Data { get; private set; }

        public bool MoveNext()
        {
            if (_rest.IsEmpty)
            {
                return false;
            }

            int length = (_rest[2] << 8) | _rest[3];
            Current = (ExtensionType)((_rest[0] << 8) | _rest[1]);
            Data = _rest.Slice(TypeAndLength, length);
            _rest = _rest[(TypeAndLength + length)..];
            return true;
        }
    }
}
