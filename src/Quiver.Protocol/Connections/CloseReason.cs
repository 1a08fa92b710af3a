using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.Connections;

/// <summary>How a connection ended: who, with what code, and the words that came with it.</summary>
internal sealed record CloseReason(CloseKind Kind, ulong Code, ulong FrameType, string Reason)
{
    /// <summary>The exception that made us close, when it was one of ours.</summary>
    public Exception? Cause { get; init; }

    /// <summary>The TLS alert in a CRYPTO_ERROR, or null. RFC 9001 §4.8.</summary>
    public TlsAlert? Alert =>
        Kind is CloseKind.LocalTransport or CloseKind.PeerTransport && Code is >= 0x100 and <= 0x1FF ? (TlsAlert)(Code - 0x100) : null;
}
