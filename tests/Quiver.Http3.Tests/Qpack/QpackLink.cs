using System.Buffers;
using Quiver.Http3.Qpack;

namespace Quiver.Http3.Tests.Qpack;

/// <summary>An encoder and a decoder; instructions, sections and acknowledgments arrive late, in a random order between them.</summary>
internal sealed class QpackLink
{
    private readonly QpackEncoder _encoder = new();
    private readonly QpackDecoder _decoder;
    private readonly Random _random;
    private readonly Queue<byte[]> _instructions = [];
    private readonly Queue<byte[]> _acknowledgments = [];
    private readonly List<(long Stream, byte[] Section)> _sections = [];
    private readonly Dictionary<long, byte[]> _blocked = [];

    public QpackLink(int capacity, int maxBlocked, int seed)
    {
        _decoder = new QpackDecoder(capacity, maxBlocked, 1 << 20);
        _random = new Random(seed);
        _encoder.Start(capacity, maxBlocked, capacity);
    }

    public bool IsAcknowledgedAtOnce { get; init; }

    public SortedDictionary<long, FieldLine[]> Received { get; } = [];

    public int MostBlocked { get; private set; }

    public long SectionBytes { get; private set; }

    public long InstructionBytes { get; private set; }

    public void Send(long stream, FieldLine[] lines)
    {
        var section = new ArrayBufferWriter<byte>();
        _encoder.Encode(stream, lines, section);
        SectionBytes += section.WrittenCount;
        InstructionBytes += _encoder.Instructions.WrittenCount;
        _instructions.Enqueue(_encoder.Instructions.WrittenSpan.ToArray());
        _encoder.Instructions.ResetWrittenCount();
        _sections.Add((stream, section.WrittenSpan.ToArray()));
        for (int i = _random.Next(6); i > 0; i--)
        {
            DeliverOne();
        }
    }

    public void DeliverAll()
    {
        while (_instructions.Count + _sections.Count + _acknowledgments.Count > 0)
        {
            DeliverOne();
        }

        Assert.Empty(_blocked);
    }

    private void DeliverOne()
    {
        int what = _random.Next(3);
        if (what == 0 && _instructions.TryDequeue(out byte[]? instructions))
        {
            // In pieces of any size.
            int cut = _random.Next(instructions.Length + 1);
            _decoder.ReceiveEncoderStream(instructions.AsSpan(0, cut));
            _decoder.ReceiveEncoderStream(instructions.AsSpan(cut));
            foreach (long ready in _blocked.Keys.Where(_decoder.IsUnblocked).ToArray())
            {
                _blocked.Remove(ready, out byte[]? section);
                Decode(ready, section!);
            }
        }
        else if (what == 1 && _sections.Count > 0)
        {
            int which = _random.Next(_sections.Count);
            (long stream, byte[] section) = _sections[which];
            _sections.RemoveAt(which);
            Decode(stream, section);
        }
        else if (what == 2 && _acknowledgments.TryDequeue(out byte[]? acknowledgments))
        {
            _encoder.ReceiveDecoderStream(acknowledgments);
        }
    }

    private void Decode(long stream, byte[] section)
    {
        List<FieldLine> lines = [];
        if (_decoder.Decode(stream, section, lines) == SectionResult.Blocked)
        {
            _blocked.Add(stream, section);
            MostBlocked = Math.Max(MostBlocked, _blocked.Count);
            return;
        }

        Received.Add(stream, [.. lines]);
        if (IsAcknowledgedAtOnce || _random.Next(4) == 0)
        {
            _decoder.AcknowledgeInsertions();
        }

        _acknowledgments.Enqueue(_decoder.Instructions.WrittenSpan.ToArray());
        _decoder.Instructions.ResetWrittenCount();
    }
}
