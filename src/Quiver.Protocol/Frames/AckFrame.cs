using Quiver.Protocol.Buffers;
using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.Frames;

/// <summary>ACK: ranges of received packet numbers, from the largest down, and ECN counts. RFC 9000 §19.3. Points into the packet.</summary>
internal readonly ref struct AckFrame(ulong largest, ulong delay, ulong firstRange, ReadOnlySpan<byte> moreRanges, EcnCounts? ecn)
{
    public ulong Largest { get; } = largest;

    /// <summary>As encoded: to be shifted by the sender's ack_delay_exponent, in microseconds.</summary>
    public ulong Delay { get; } = delay;

    public EcnCounts? Ecn { get; } = ecn;

    private readonly ulong _firstRange = firstRange;
    private readonly ReadOnlySpan<byte> _moreRanges = moreRanges;

    /// <summary>Reads and checks the whole frame, so that walking the ranges cannot fail.</summary>
    public static bool TryRead(scoped ref PacketReader reader, FrameType type, out AckFrame frame)
    {
        frame = default;
        // No computed packet number may be negative. RFC 9000 §19.3.1.
        if (!reader.TryReadVarInt(out ulong largest) || !reader.TryReadVarInt(out ulong delay)
            || !reader.TryReadVarInt(out ulong count) || !reader.TryReadVarInt(out ulong first) || first > largest)
        {
            return false;
        }

        ReadOnlySpan<byte> start = reader.Rest;
        int position = reader.Position;
        ulong smallest = largest - first;
        for (ulong i = 0; i < count; i++)
        {
            if (!reader.TryReadVarInt(out ulong gap) || !reader.TryReadVarInt(out ulong length)
                || smallest < gap + 2 || smallest - gap - 2 < length)
            {
                return false;
            }

            smallest = smallest - gap - 2 - length;
        }

        ReadOnlySpan<byte> ranges = start[..(reader.Position - position)];
        EcnCounts? ecn = null;
        if (type == FrameType.AckEcn)
        {
            if (!reader.TryReadVarInt(out ulong ect0) || !reader.TryReadVarInt(out ulong ect1) || !reader.TryReadVarInt(out ulong ce))
            {
                return false;
            }

            ecn = new EcnCounts(ect0, ect1, ce);
        }

        frame = new AckFrame(largest, delay, first, ranges, ecn);
        return true;
    }

    /// <summary>Writes as many ranges, from the largest down, as fit into the writer; false if not even one does.</summary>
    public static bool TryWrite(ref PacketWriter writer, RangeSet received, ulong delay, in EcnCounts ecn)
    {
        bool withEcn = !ecn.IsZero;
        int reserved = withEcn ? VarInt.Length(ecn.Ect0) + VarInt.Length(ecn.Ect1) + VarInt.Length(ecn.Ce) : 0;
        RangeSet.Range top = received[received.Count - 1];
        int used = 1 + VarInt.Length(top.End - 1) + VarInt.Length(delay) + 2 + VarInt.Length(top.Length - 1) + reserved;
        if (used > writer.Remaining)
        {
            return false;
        }

        int extra = 0;
        for (ulong previous = top.Start; extra + 1 < received.Count; extra++)
        {
            RangeSet.Range range = received[received.Count - 2 - extra];
            used += VarInt.Length(previous - range.End - 1) + VarInt.Length(range.Length - 1);
            if (used > writer.Remaining)
            {
                break;
            }

            previous = range.Start;
        }

        writer.WriteVarInt((ulong)(withEcn ? FrameType.AckEcn : FrameType.Ack));
        writer.WriteVarInt(top.End - 1);
        writer.WriteVarInt(delay);
        writer.WriteVarInt((ulong)extra);
        writer.WriteVarInt(top.Length - 1);
        ulong last = top.Start;
        for (int i = 0; i < extra; i++)
        {
            RangeSet.Range range = received[received.Count - 2 - i];
            writer.WriteVarInt(last - range.End - 1);
            writer.WriteVarInt(range.Length - 1);
            last = range.Start;
        }

        if (withEcn)
        {
            writer.WriteVarInt(ecn.Ect0);
            writer.WriteVarInt(ecn.Ect1);
            writer.WriteVarInt(ecn.Ce);
        }

        return true;
    }

    public RangeEnumerator GetEnumerator() => new(Largest - _firstRange, Largest + 1, _moreRanges);

    /// <summary>Walks the ranges from the largest down.</summary>
    internal ref struct RangeEnumerator(ulong start, ulong end, ReadOnlySpan<byte> rest)
    {
        private PacketReader _reader = new(rest);
        private ulong _start = start;
        private ulong _end = end;
        private bool _started;

        public readonly RangeSet.Range Current => new(_start, _end);

        public bool MoveNext()
        {
            if (!_started)
            {
                _started = true;
                return true;
            }

            if (!_reader.TryReadVarInt(out ulong gap) || !_reader.TryReadVarInt(out ulong length))
            {
                return false;
            }

            // The next range ends gap + 2 below the smallest of this one. RFC 9000 §19.3.1.
            _end = _start - gap - 1;
            _start = _end - length - 1;
            return true;
        }
    }
}
