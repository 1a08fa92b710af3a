using System.Buffers;

namespace Quiver.Http3.Qpack;

/// <summary>
/// Decodes the field sections of one connection. RFC 9204. A section that needs insertions still under way is blocked: the caller keeps
/// its bytes and comes again when <see cref="InsertCount"/> has risen. Not thread-safe.
/// </summary>
internal sealed class QpackDecoder(int maxCapacity, int maxBlockedStreams, int maxSectionSize)
{
    private const byte SectionAcknowledgment = 0x80;
    private const byte StreamCancellation = 0x40;

    private readonly DynamicTable _table = new();
    private readonly Dictionary<long, ulong> _blocked = [];
    private EncoderStreamReader? _encoderStream;

    /// <summary>What the encoder knows that we have. RFC 9204 §2.1.4.</summary>
    private ulong _acknowledged;

    public ulong InsertCount => _table.InsertCount;

    /// <summary>Instructions for the decoder stream; who sends them clears it.</summary>
    public ArrayBufferWriter<byte> Instructions { get; } = new();

    /// <summary>Bytes of the peer's encoder stream. Throws QPACK_ENCODER_STREAM_ERROR.</summary>
    public void ReceiveEncoderStream(ReadOnlySpan<byte> bytes) =>
        (_encoderStream ??= new EncoderStreamReader(_table, maxCapacity)).Receive(bytes);

    /// <summary>
    /// Decodes a whole section into <paramref name="lines"/>. Throws QPACK_DECOMPRESSION_FAILED, also when more streams are blocked than
    /// we allow. RFC 9204 §2.2.1.
    /// </summary>
    public SectionResult Decode(long streamId, ReadOnlySpan<byte> section, List<FieldLine> lines)
    {
        SectionReader reader = new(section, _table, maxCapacity);
        if (reader.RequiredInsertCount > _table.InsertCount)
        {
            _blocked[streamId] = reader.RequiredInsertCount;
            if (_blocked.Count > maxBlockedStreams)
            {
                Http3ProtocolException.Throw(
                    Http3ErrorCode.QpackDecompressionFailed, $"More streams wait for insertions than the {maxBlockedStreams} that are allowed.");
            }

            return SectionResult.Blocked;
        }

        _blocked.Remove(streamId);
        SectionResult result = Read(ref reader, lines);
        if (reader.RequiredInsertCount > 0)
        {
            QpackWriter.WriteInteger(Instructions, SectionAcknowledgment, 7, (ulong)streamId);
            _acknowledged = Math.Max(_acknowledged, reader.RequiredInsertCount);
        }

        return result;
    }

    /// <summary>Whether the stream's blocked section can be decoded now.</summary>
    public bool IsUnblocked(long streamId) => _blocked.TryGetValue(streamId, out ulong required) && required <= _table.InsertCount;

    /// <summary>The stream was reset, or is read no further: the encoder must not wait for acknowledgments of it. RFC 9204 §2.2.2.2.</summary>
    public void OnStreamCancelled(long streamId)
    {
        _blocked.Remove(streamId);
        if (maxCapacity > 0)
        {
            QpackWriter.WriteInteger(Instructions, StreamCancellation, 6, (ulong)streamId);
        }
    }

    /// <summary>Tells the encoder of insertions that no acknowledged section told it of. Once before the instructions are sent. RFC 9204 §4.4.3.</summary>
    public void AcknowledgeInsertions()
    {
        if (_table.InsertCount > _acknowledged)
        {
            QpackWriter.WriteInteger(Instructions, 0, 6, _table.InsertCount - _acknowledged);
            _acknowledged = _table.InsertCount;
        }
    }

    private SectionResult Read(ref SectionReader reader, List<FieldLine> lines)
    {
        long size = 0;
        while (reader.TryRead(out FieldLine line))
        {
            size += line.Size;
            if (size > maxSectionSize)
            {
                return SectionResult.TooLarge;
            }

            lines.Add(line);
        }

        return SectionResult.Complete;
    }
}
