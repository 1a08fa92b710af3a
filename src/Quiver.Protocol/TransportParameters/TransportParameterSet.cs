using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.TransportParameters;

/// <summary>The transport parameters of one endpoint, with the defaults of RFC 9000 §18.2 for what is absent.</summary>
internal sealed record TransportParameterSet
{
    public const ulong DefaultAckDelayExponent = 3;
    public const ulong DefaultMaxUdpPayloadSize = 65527;
    public const ulong DefaultActiveConnectionIdLimit = 2;
    public static readonly TimeSpan DefaultMaxAckDelay = TimeSpan.FromMilliseconds(25);

    public ConnectionId? OriginalDestinationConnectionId { get; init; }

    public ConnectionId? InitialSourceConnectionId { get; init; }

    public ConnectionId? RetrySourceConnectionId { get; init; }

    public StatelessResetToken? StatelessResetToken { get; init; }

    public PreferredAddress? PreferredAddress { get; init; }

    /// <summary>Zero: no idle time-out.</summary>
    public TimeSpan MaxIdleTimeout { get; init; }

    public ulong MaxUdpPayloadSize { get; init; } = DefaultMaxUdpPayloadSize;

    public ulong InitialMaxData { get; init; }

    public ulong InitialMaxStreamDataBidiLocal { get; init; }

    public ulong InitialMaxStreamDataBidiRemote { get; init; }

    public ulong InitialMaxStreamDataUni { get; init; }

    public ulong InitialMaxStreamsBidi { get; init; }

    public ulong InitialMaxStreamsUni { get; init; }

    public ulong AckDelayExponent { get; init; } = DefaultAckDelayExponent;

    public TimeSpan MaxAckDelay { get; init; } = DefaultMaxAckDelay;

    public bool DisableActiveMigration { get; init; }

    public ulong ActiveConnectionIdLimit { get; init; } = DefaultActiveConnectionIdLimit;
}
