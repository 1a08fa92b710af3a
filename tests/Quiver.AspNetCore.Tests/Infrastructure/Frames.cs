using System.Buffers;
using Quiver.Http3.Qpack;

namespace Quiver.AspNetCore.Tests.Infrastructure;

/// <summary>HTTP/3 frames by hand. RFC 9114 §7.</summary>
internal static class Frames
{
    public static byte[] Of(long type, ReadOnlySpan<byte> content) => [.. Integer(type), .. Integer(content.Length), .. content];

    public static byte[] Headers(params (string Name, string Value)[] lines)
    {
        var section = new ArrayBufferWriter<byte>();
        new QpackEncoder().Encode(0, lines.Select(line => new FieldLine(line.Name, line.Value)).ToArray(), section);
        return Of(1, section.WrittenSpan);
    }

    public static byte[] Integer(long value) => value switch
    {
        < 1 << 6 => [(byte)value],
        < 1 << 14 => [(byte)(0x40 | (value >> 8)), (byte)value],
        < 1 << 30 => [(byte)(0x80 | (value >> 24)), (byte)(value >> 16), (byte)(value >> 8), (byte)value],
        _ => [(byte)(0xc0 | (value >> 56)), (byte)(value >> 48), (byte)(value >> 40), (byte)(value >> 32), (byte)(value >> 24), (byte)(value >> 16), (byte)(value >> 8), (byte)value],
    };

    /// <summary>The next frame; null: the end.</summary>
    public static async Task<(long Type, byte[] Content)?> ReadAsync(Stream stream)
    {
        if (await ReadIntegerAsync(stream) is not { } type)
        {
            return null;
        }

        byte[] content = new byte[(await ReadIntegerAsync(stream))!.Value];
        await stream.ReadExactlyAsync(content).Soon();
        return (type, content);
    }

    public static async Task<long?> ReadIntegerAsync(Stream stream)
    {
        byte[] first = new byte[1];
        if (await stream.ReadAsync(first).AsTask() == 0)
        {
            return null;
        }

        byte[] rest = new byte[(1 << (first[0] >> 6)) - 1];
        await stream.ReadExactlyAsync(rest).Soon();
        return rest.Aggregate((long)(first[0] & 0x3f), (value, next) => (value << 8) | next);
    }

    public static (string Name, string Value)[] Decode(byte[] section)
    {
        List<FieldLine> lines = [];
        Assert.Equal(SectionResult.Complete, new QpackDecoder(0, 0, 1 << 16).Decode(0, section, lines));
        return [.. lines.Select(line => (line.Name, line.Value))];
    }
}
