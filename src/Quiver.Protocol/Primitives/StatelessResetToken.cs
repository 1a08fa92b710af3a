namespace Quiver.Protocol.Primitives;

/// <summary>Sixteen bytes that end a stateless reset. RFC 9000 §10.3.</summary>
internal readonly record struct StatelessResetToken(UInt128 Value)
{
    public const int Length = 16;

    public static StatelessResetToken Read(ReadOnlySpan<byte> bytes) =>
        new(System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(bytes));

    public void Write(Span<byte> destination) => System.Buffers.Binary.BinaryPrimitives.WriteUInt128BigEndian(destination, Value);
}
