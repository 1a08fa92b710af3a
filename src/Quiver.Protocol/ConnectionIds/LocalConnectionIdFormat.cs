namespace Quiver.Protocol.ConnectionIds;

/// <summary>The shape of the connection ids that we issue: short headers do not say how long they are. RFC 9000 §5.1.</summary>
internal static class LocalConnectionIdFormat
{
    /// <summary>Enough that guessing one is hopeless; the same for clients and servers.</summary>
    public const int Length = 8;
}
