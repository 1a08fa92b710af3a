using System.Buffers;

namespace Quiver.Http3.Frames;

/// <summary>Writes the frames that are written whole. RFC 9114 §7.1.</summary>
internal static class FrameWriter
{
    /// <summary>A type and a length at their longest.</summary>
    public const int MaxHeaderLength = 2 * VarInt.MaxLength;

    /// <summary>Writes type and length; returns the bytes written.</summary>
    public static int WriteHeader(Span<byte> destination, ulong type, ulong length)
    {
        int written = VarInt.Write(destination, type);
        return written + VarInt.Write(destination[written..], length);
    }

    public static int HeaderLength(ulong type, ulong length) => VarInt.LengthOf(type) + VarInt.LengthOf(length);

    public static void WriteFrame(IBufferWriter<byte> output, ulong type, ReadOnlySpan<byte> payload)
    {
        Span<byte> span = output.GetSpan(MaxHeaderLength + payload.Length);
        int length = WriteHeader(span, type, (ulong)payload.Length);
        payload.CopyTo(span[length..]);
        output.Advance(length + payload.Length);
    }

    /// <summary>A frame whose payload is one integer: GOAWAY, MAX_PUSH_ID, CANCEL_PUSH.</summary>
    public static void WriteFrame(IBufferWriter<byte> output, ulong type, ulong value)
    {
        Span<byte> payload = stackalloc byte[VarInt.MaxLength];
        WriteFrame(output, type, payload[..VarInt.Write(payload, value)]);
    }

    public static void WriteInteger(IBufferWriter<byte> output, ulong value) =>
        output.Advance(VarInt.Write(output.GetSpan(VarInt.MaxLength), value));
}
