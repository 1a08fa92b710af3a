using Quiver.Protocol.Buffers;
using Quiver.Protocol.Frames;
using Quiver.Protocol.Primitives;
using Quiver.Protocol.Recovery;

namespace Quiver.Protocol.Connections;

/// <summary>The handshake bytes of one packet number space, both ways. RFC 9000 §7.5, §19.6.</summary>
internal sealed class CryptoStream : IFrameSource, ISentFrameOwner
{
    /// <summary>How far beyond what TLS has taken the peer may send: more than any chain needs. RFC 9000 §7.5 asks for 4,096 at least.</summary>
    public const ulong MaxAhead = 64 * 1024;

    private const int MinRoom = 32;

    private SendBuffer _send = new();
    private readonly ReorderBuffer _receive = new();

    public bool HasFrames => _send.HasLost || _send.Unsent > 0;

    public void Append(ReadOnlySpan<byte> bytes) => _send.Append(bytes);

    public void OnFrame(in CryptoFrame frame)
    {
        // Data beyond what we hold is an error of its own. RFC 9000 §7.5.
        if (frame.Offset + (ulong)frame.Data.Length > _receive.ReadOffset + MaxAhead || !_receive.Write(frame.Offset, frame.Data))
        {
            TransportException.Throw(TransportErrorCode.CryptoBufferExceeded, "too many handshake bytes out of order", (ulong)FrameType.Crypto);
        }
    }

    /// <summary>The next bytes in order, which <see cref="Advance"/> then takes.</summary>
    public ReadOnlySpan<byte> Peek() => _receive.Peek();

    public void Advance(int count) => _receive.Advance(count);

    public void WriteFrames(ref PacketBuilder packet)
    {
        while (packet.Remaining >= MinRoom && _send.TryPeek(ulong.MaxValue, out ulong offset, out ulong available))
        {
            int room = packet.Remaining - CryptoFrame.HeaderLength(offset, packet.Remaining);
            int length = (int)Math.Min(available, (ulong)room);
            CryptoFrame.WriteHeader(ref packet.Writer, offset, length);
            _send.Copy(offset, packet.Writer.Free[..length]);
            packet.Writer.Advance(length);
            _send.OnSent(offset, length);
            packet.Record(new SentFrame(this, FrameType.Crypto, 0, offset, length));
        }
    }

    public void OnAcked(in SentFrame frame) => _send.OnAcked(frame.Offset, frame.Length);

    public void OnLost(in SentFrame frame) => _send.OnLost(frame.Offset, frame.Length);

    /// <summary>Client: another handshake begins, at offset 0. Nothing was received yet.</summary>
    public void Restart()
    {
        Clear();
        _send = new SendBuffer();
    }

    public void Clear()
    {
        _send.Clear();
        _receive.Clear();
    }
}
