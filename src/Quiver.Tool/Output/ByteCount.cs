namespace Quiver.Tool.Output;

/// <summary>A number of bytes that shows itself as one.</summary>
internal readonly record struct ByteCount(long Value)
{
    public override string ToString() => ByteSize.Format(Value);
}
