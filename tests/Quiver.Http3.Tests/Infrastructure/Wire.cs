using System.Buffers;
using Quiver.Http3.Frames;
using Quiver.Http3.Qpack;

namespace Quiver.Http3.Tests.Infrastructure;

/// <summary>Bytes of frames, made as a peer would make them, also such as no peer should.</summary>
internal static class Wire
{
    /// <summary>The fields of a good GET.</summary>
    public static readonly (string Name, string Value)[] Get =
        [(":method", "GET"), (":scheme", "https"), (":authority", "localhost"), (":path", "/")];

    public static readonly (string Name, string Value)[] Post =
        [(":method", "POST"), (":scheme", "https"), (":authority", "localhost"), (":path", "/")];

    public static byte[] Integer(ulong value)
    {
        byte[] bytes = new byte[VarInt.LengthOf(value)];
        VarInt.Write(bytes, value);
        return bytes;
    }

    public static byte[] Frame(ulong type, params byte[] payload) => [.. Integer(type), .. Integer((ulong)payload.Length), .. payload];

    public static byte[] Data(int length) => Frame(FrameTypes.Data, new byte[length]);

    public static byte[] Headers(params (string Name, string Value)[] fields) => Frame(FrameTypes.Headers, Section(fields));

    public static byte[] Join(params byte[][] parts) => [.. parts.SelectMany(x => x)];

    public static byte[] Section(params (string Name, string Value)[] fields)
    {
        ArrayBufferWriter<byte> section = new();
        new QpackEncoder().Encode(0, [.. fields.Select(x => new FieldLine(x.Name, x.Value))], section);
        return section.WrittenSpan.ToArray();
    }

    public static byte[] Settings(params (ulong Id, ulong Value)[] settings) =>
        Frame(FrameTypes.Settings, [.. settings.SelectMany(x => Integer(x.Id).Concat(Integer(x.Value)))]);

    public static byte[] FromHex(string hex) => Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal));
}
