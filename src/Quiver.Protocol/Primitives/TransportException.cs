using System.Diagnostics.CodeAnalysis;

namespace Quiver.Protocol.Primitives;

/// <summary>A violation found in an authenticated packet (or in TLS). Caught in one place, which closes the connection.</summary>
internal sealed class TransportException : Exception
{
    private TransportException(TransportErrorCode code, ulong frameType, string reason, Exception? inner)
        : base(reason, inner)
    {
        Code = code;
        FrameType = frameType;
    }

    public TransportErrorCode Code { get; }

    /// <summary>The frame that broke the rule, or 0. RFC 9000 §19.19.</summary>
    public ulong FrameType { get; }

    [DoesNotReturn]
    public static void Throw(TransportErrorCode code, string reason, ulong frameType = 0, Exception? inner = null) =>
        throw new TransportException(code, frameType, reason, inner);

    /// <summary>Throws CRYPTO_ERROR with a TLS alert. RFC 9001 §4.8.</summary>
    [DoesNotReturn]
    public static void ThrowAlert(TlsAlert alert, string reason, Exception? inner = null) =>
        throw new TransportException((TransportErrorCode)((ulong)TransportErrorCode.CryptoError + (ulong)alert), 0x06, reason, inner);
}
