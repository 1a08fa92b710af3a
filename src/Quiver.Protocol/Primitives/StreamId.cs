namespace Quiver.Protocol.Primitives;

/// <summary>A stream's number, which carries its initiator and its direction. RFC 9000 §2.1.</summary>
internal readonly record struct StreamId(ulong Value)
{
    /// <summary>Streams of one type and initiator: ids 0 to 2^62-1 in steps of four. RFC 9000 §4.6.</summary>
    public const ulong MaxCount = 1UL << 60;

    public EndpointRole Initiator => (EndpointRole)(Value & 1);

    public StreamDirection Direction => (StreamDirection)((Value >> 1) & 1);

    /// <summary>Position among the streams of the same initiator and direction.</summary>
    public ulong Index => Value >> 2;

    public static StreamId From(EndpointRole initiator, StreamDirection direction, ulong index) =>
        new((index << 2) | ((ulong)direction << 1) | (ulong)initiator);

    public override string ToString() => Value.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
