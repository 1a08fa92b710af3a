namespace Quiver.Protocol.Tls.Resumption;

/// <summary>Which tickets a server gives out.</summary>
internal sealed class TicketSettings
{
    public required ITicketSealer Sealer { get; init; }

    public required int Count { get; init; }

    /// <summary>At most a week. RFC 9846 §4.7.1.</summary>
    public required TimeSpan Lifetime { get; init; }

    public bool AllowsEarlyData { get; init; }

    /// <summary>Bytes of the application, which come back with the ticket.</summary>
    public ReadOnlyMemory<byte> ApplicationData { get; init; }
}
