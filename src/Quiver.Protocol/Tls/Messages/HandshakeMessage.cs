using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.Tls.Messages;

/// <summary>One whole handshake message, header included. Points into the receive buffer. RFC 9846 §4.</summary>
internal readonly ref struct HandshakeMessage(ReadOnlySpan<byte> whole)
{
    /// <summary>Type and 24-bit length.</summary>
    public const int HeaderLength = 4;

    /// <summary>Header and body, as the transcript takes them.</summary>
    public ReadOnlySpan<byte> Whole { get; } = whole;

    public HandshakeType Type => (HandshakeType)Whole[0];

    public ReadOnlySpan<byte> Body => Whole[HeaderLength..];

    /// <summary>A message out of order ends the handshake. RFC 9846 §4.</summary>
    public void Expect(HandshakeType expected)
    {
        if (Type != expected)
        {
            ThrowUnexpected($"while {expected} was expected");
        }
    }

    [System.Diagnostics.CodeAnalysis.DoesNotReturn]
    public void ThrowUnexpected(string circumstance) =>
        TransportException.ThrowAlert(TlsAlert.UnexpectedMessage, $"TLS: {Type} arrived {circumstance}");
}
