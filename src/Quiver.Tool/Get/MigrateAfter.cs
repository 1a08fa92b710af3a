namespace Quiver.Tool.Get;

/// <summary>When a download moves to another port: after so many bytes, or so much time.</summary>
internal readonly record struct MigrateAfter(long? Bytes, TimeSpan? Time)
{
    public override string ToString() => Bytes is long bytes ? Output.ByteSize.Format(bytes) : $"{Time!.Value.TotalMilliseconds} ms"; // one of them is there
}
