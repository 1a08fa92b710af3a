namespace Quiver.Protocol.Primitives;

/// <summary>Sixteen bytes that end a stateless reset. RFC 9000 §10.3.</summary>
internal readonly record struct StatelessResetToken(UInt128 Value)
{
    public const int Length = 16;

    public static StatelessResetToken Read(ReadOnlySpan<byte> bytes) =>
        new(System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(bytes));

    public void Write(Span<byte> destination) => System.Buffers.Binary.BinaryPrimitives.WriteUInt128BigEndian(destination, Value);

    // A peer chooses these bytes. UInt128's own hash has no secret, nor has that of its halves; HashCode mixes whole ints with one.
    public override int GetHashCode() =>
        HashCode.Combine((int)(uint)(Value >> 96), (int)(uint)(Value >> 64), (int)(uint)(Value >> 32), (int)(uint)Value);
}
