using CsCheck;
using Quiver.Protocol.Buffers;
using Quiver.Protocol.Primitives;

namespace Quiver.Simulation.Attack;

/// <summary>Payloads of packets: well-formed frames with hostile fields, broken ones, and noise.</summary>
internal static class FrameGen
{
    private static readonly Gen<ulong> s_small = Gen.ULong[0, 70];

    private static readonly ulong[] s_edges = [1UL << 60, (1UL << 60) + 1, 1UL << 20, (1UL << 20) + 5, 65_536, 65_537];

    /// <summary>Numbers near every edge that the protocol has.</summary>
    private static readonly Gen<ulong> s_number = Gen.OneOf(
        s_small,
        Gen.ULong[0, 1 << 14],
        Gen.ULong[0, 1 << 30],
        Gen.ULong[VarInt.MaxValue - 3, VarInt.MaxValue],
        Gen.Int[0, 5].Select(index => s_edges[index]));

    private static readonly Gen<byte[]> s_bytes = Gen.Byte.Array[0, 40];

    /// <summary>Frames that need no fields, or noise of any type.</summary>
    private static readonly Gen<byte[]> s_noise = Gen.Byte.Array[1, 60];

    private static readonly Gen<byte[]> s_anyFrame = Gen.Select(Gen.ULong[0, 0x40], Gen.Select(s_number, s_number, s_number, s_number), s_bytes)
        .Select((type, numbers, bytes) => Frame(type, [numbers.Item1, numbers.Item2, numbers.Item3, numbers.Item4], bytes));

    /// <summary>STREAM frames on few streams with overlapping ranges: what reassembly must stand.</summary>
    private static readonly Gen<byte[]> s_stream = Gen.Select(Gen.ULong[0x08, 0x0F], Gen.ULong[0, 16], Gen.ULong[0, 70_000], s_bytes)
        .Select((type, id, offset, bytes) => Stream(type, id, offset, bytes));

    private static readonly Gen<byte[]> s_crypto = Gen.Select(Gen.ULong[0, 70_000], s_bytes).Select((offset, bytes) => Crypto(offset, bytes));

    private static readonly Gen<byte[]> s_ack = Gen.Select(Gen.ULong[0, 30], Gen.ULong[0, 10], Gen.ULong[0, 30], s_small.Array[0, 6])
        .Select((largest, count, first, rest) => Ack(largest, count, first, rest));

    private static readonly Gen<byte[]> s_newId = Gen.Select(Gen.ULong[0, 20], Gen.ULong[0, 20], Gen.Byte.Array[16], Gen.Byte[0, 21])
        .Select((sequence, retire, bytes, length) => NewId(sequence, retire, bytes, length));

    public static Gen<byte[]> Payload { get; } = Gen.Frequency(
            (4, s_anyFrame), (4, s_stream), (2, s_crypto), (2, s_ack), (2, s_newId), (1, s_noise))
        .Array[1, 6]
        .Select(frames => frames.SelectMany(frame => frame).ToArray());

    /// <summary>For Initial and Handshake packets: mostly frames that may be there, so that some get past the first rule.</summary>
    public static Gen<byte[]> HandshakePayload { get; } = Gen.Frequency((20, s_crypto), (20, s_ack), (1, s_anyFrame), (1, s_noise))
        .Array[1, 4]
        .Select(frames => frames.SelectMany(frame => frame).ToArray());

    private static byte[] Frame(ulong type, ulong[] fields, byte[] tail)
    {
        var writer = new PacketWriter(new byte[100]);
        writer.WriteVarInt(type);
        foreach (ulong field in fields.AsSpan(0, tail.Length % (fields.Length + 1)))
        {
            writer.WriteVarInt(field);
        }

        return [.. writer.Written, .. tail];
    }

    private static byte[] Stream(ulong type, ulong id, ulong offset, byte[] data)
    {
        var writer = new PacketWriter(new byte[100]);
        writer.WriteVarInt(type);
        writer.WriteVarInt(id);
        if ((type & 4) != 0)
        {
            writer.WriteVarInt(offset);
        }

        if ((type & 2) != 0)
        {
            writer.WriteVarInt((ulong)data.Length);
        }

        return [.. writer.Written, .. data];
    }

    private static byte[] Crypto(ulong offset, byte[] data)
    {
        var writer = new PacketWriter(new byte[100]);
        writer.WriteVarInt(6);
        writer.WriteVarInt(offset);
        writer.WriteVarInt((ulong)data.Length);
        return [.. writer.Written, .. data];
    }

    private static byte[] Ack(ulong largest, ulong count, ulong first, ulong[] rest)
    {
        var writer = new PacketWriter(new byte[200]);
        writer.WriteVarInt(2);
        writer.WriteVarInt(largest);
        writer.WriteVarInt(0);
        writer.WriteVarInt(count);
        writer.WriteVarInt(first);
        foreach (ulong value in rest)
        {
            writer.WriteVarInt(value);
        }

        return writer.Written.ToArray();
    }

    private static byte[] NewId(ulong sequence, ulong retire, byte[] bytes, byte length)
    {
        var writer = new PacketWriter(new byte[100]);
        writer.WriteVarInt(0x18);
        writer.WriteVarInt(sequence);
        writer.WriteVarInt(retire);
        writer.WriteByte(length);
        writer.WriteBytes(bytes);
        writer.WriteBytes(bytes);
        return writer.Written.ToArray();
    }
}
