using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.Tls.Messages;

/// <summary>
/// Puts the CRYPTO bytes of the current receive level together into whole messages, however they were cut.
/// A message taken stays valid until the next one is taken, even when bytes are appended meanwhile.
/// </summary>
internal sealed class MessageAssembler
{
    private byte[] _buffer = [];
    private int _start;
    private int _end;

    /// <summary>The level at which the peer's next message must come. RFC 9001 §4.1.3.</summary>
    public EncryptionLevel Level { get; private set; } = EncryptionLevel.Initial;

    public void Append(EncryptionLevel level, ReadOnlySpan<byte> bytes)
    {
        // Handshake bytes must come under the keys that are current. RFC 9001 §4.1.3.
        if (level != Level && !bytes.IsEmpty)
        {
            TransportException.ThrowAlert(
                TlsAlert.UnexpectedMessage, $"TLS: handshake bytes arrived at level {level} while {Level} was expected");
        }

        int held = _end - _start;
        if (bytes.Length > HandshakeLimits.MaxBuffered - held)
        {
            TransportException.Throw(
                TransportErrorCode.CryptoBufferExceeded, $"TLS: more than {HandshakeLimits.MaxBuffered} handshake bytes are waiting");
        }

        if (bytes.Length > _buffer.Length - _end)
        {
            // A new array, not a move within the old one: a message may still point into that.
            int needed = held + bytes.Length;
            byte[] next = new byte[needed <= _buffer.Length ? _buffer.Length : Math.Max(needed, 2 * held)];
            _buffer.AsSpan(_start, held).CopyTo(next);
            _buffer = next;
            _start = 0;
            _end = held;
        }

        bytes.CopyTo(_buffer.AsSpan(_end));
        _end += bytes.Length;
    }

    public bool TryTake(out HandshakeMessage message)
    {
        message = default;
        if (_start == _end)
        {
            _start = 0;
            _end = 0;
            return false;
        }

        ReadOnlySpan<byte> held = _buffer.AsSpan(_start, _end - _start);
        HandshakeType type = (HandshakeType)held[0];
        int limit = HandshakeLimits.MaxBody(type);
        if (limit < 0)
        {
            TransportException.ThrowAlert(TlsAlert.UnexpectedMessage, $"TLS: handshake message of unknown type {held[0]}");
        }

        if (held.Length < HandshakeMessage.HeaderLength)
        {
            return false;
        }

        int length = (held[1] << 16) | (held[2] << 8) | held[3];
        if (length > limit)
        {
            TransportException.ThrowAlert(TlsAlert.IllegalParameter, $"TLS: {type} of {length} bytes; at most {limit} are accepted");
        }

        int total = HandshakeMessage.HeaderLength + length;
        if (held.Length < total)
        {
            return false;
        }

        message = new HandshakeMessage(held[..total]);
        _start += total;
        return true;
    }

    /// <summary>New keys for reading: messages must not straddle them. RFC 9846 §5.1. Lets go of the buffer, since after the
    /// handshake little or nothing comes.</summary>
    public void MoveTo(EncryptionLevel level)
    {
        if (_start != _end)
        {
            TransportException.ThrowAlert(
                TlsAlert.UnexpectedMessage, $"TLS: {_end - _start} handshake bytes follow at level {Level}, whose last message was read");
        }

        Level = level;
        _buffer = [];
        _start = 0;
        _end = 0;
    }
}
