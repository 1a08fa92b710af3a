using System.Buffers;

namespace Quiver.Http3.Qpack;

/// <summary>Reads the peer's decoder stream, in whatever pieces it comes. RFC 9204 §4.4.</summary>
internal sealed class DecoderStreamReader(OutstandingSections sections)
{
    private const Http3ErrorCode Malformed = Http3ErrorCode.QpackDecoderStreamError;

    private const byte SectionAcknowledgment = 0x80;
    private const byte StreamCancellation = 0x40;

    /// <summary>The beginning of one integer.</summary>
    private readonly ArrayBufferWriter<byte> _begun = new();

    public void Receive(ReadOnlySpan<byte> bytes)
    {
        if (_begun.WrittenCount > 0)
        {
            _begun.Write(bytes);
            bytes = _begun.WrittenSpan.ToArray();
            _begun.ResetWrittenCount();
        }

        QpackReader reader = new(bytes, Malformed);
        int done = 0;
        while (!reader.IsAtEnd && TryReadInstruction(ref reader))
        {
            done = reader.Position;
        }

        _begun.Write(bytes[done..]);
    }

    private bool TryReadInstruction(ref QpackReader reader)
    {
        byte first = reader.Peek();
        if (!reader.TryReadInteger(first >= SectionAcknowledgment ? 7 : 6, out ulong value))
        {
            return false;
        }

        switch (first)
        {
            case >= SectionAcknowledgment:
                sections.OnAcknowledged((long)value);
                break;
            case >= StreamCancellation:
                sections.OnCancelled((long)value);
                break;
            default:
                sections.OnInsertionsReceived(value);
                break;
        }

        return true;
    }
}
