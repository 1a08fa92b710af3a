using System.Diagnostics.CodeAnalysis;
using Quiver.Protocol.Buffers;
using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.Recovery;

/// <summary>The payload of the packet that is being built: frames go in, and are noted in the log of their space.</summary>
internal ref struct PacketBuilder(Span<byte> payload, SentPacketLog log, EncryptionLevel level, Timestamp now)
{
    private PacketWriter _writer = new(payload);

    public readonly EncryptionLevel Level => level;

    public readonly Timestamp Now => now;

    public readonly SentPacketLog Log => log;

    public readonly int Length => _writer.Position;

    public readonly int Remaining => _writer.Remaining;

    public bool IsAckEliciting { get; private set; }

    /// <summary>Ack-eliciting or padded: counts towards bytes in flight. RFC 9002 §2.</summary>
    public bool IsInFlight { get; private set; }

    [UnscopedRef]
    public ref PacketWriter Writer => ref _writer;

    /// <summary>Notes an ack-eliciting frame that was written.</summary>
    public void Record(in SentFrame frame)
    {
        log.AddFrame(frame);
        OnAckEliciting();
    }

    /// <summary>An ack-eliciting frame that nobody needs to hear of (PING).</summary>
    public void OnAckEliciting() => IsAckEliciting = IsInFlight = true;

    /// <summary>Adds PADDING frames. RFC 9000 §19.1.</summary>
    public void Pad(int count)
    {
        if (count > 0)
        {
            _writer.WriteZeros(count);
            IsInFlight = true;
        }
    }
}
