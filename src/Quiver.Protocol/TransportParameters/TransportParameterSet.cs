using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.TransportParameters;

/// <summary>The transport parameters of one endpoint, with the defaults of RFC 9000 §18.2 for what is absent. Not changed once it is read or made.</summary>
internal sealed record TransportParameterSet
{
    public const ulong DefaultAckDelayExponent = 3;
    public const ulong DefaultMaxUdpPayloadSize = 65527;
    public const ulong DefaultActiveConnectionIdLimit = 2;
    public static readonly TimeSpan DefaultMaxAckDelay = TimeSpan.FromMilliseconds(25);

    public ConnectionId? OriginalDestinationConnectionId { get; set; }

    public ConnectionId? InitialSourceConnectionId { get; set; }

    public ConnectionId? RetrySourceConnectionId { get; set; }

    public StatelessResetToken? StatelessResetToken { get; set; }

    public PreferredAddress? PreferredAddress { get; set; }

    /// <summary>Zero: no idle time-out.</summary>
    public TimeSpan MaxIdleTimeout { get; set; }

    public ulong MaxUdpPayloadSize { get; set; } = DefaultMaxUdpPayloadSize;

    public ulong InitialMaxData { get; set; }

    public ulong InitialMaxStreamDataBidiLocal { get; set; }

    public ulong InitialMaxStreamDataBidiRemote { get; set; }

    public ulong InitialMaxStreamDataUni { get; set; }

    public ulong InitialMaxStreamsBidi { get; set; }

    public ulong InitialMaxStreamsUni { get; set; }

    public ulong AckDelayExponent { get; set; } = DefaultAckDelayExponent;

    public TimeSpan MaxAckDelay { get; set; } = DefaultMaxAckDelay;

    public bool DisableActiveMigration { get; set; }

    /// <summary>Null when the peer does not know of it.</summary>
    public VersionInformation? VersionInformation { get; set; }

    /// <summary>The largest DATAGRAM frame that is taken; 0: none. RFC 9221 §3.</summary>
    public ulong MaxDatagramFrameSize { get; set; }

    public ulong ActiveConnectionIdLimit { get; set; } = DefaultActiveConnectionIdLimit;
}
