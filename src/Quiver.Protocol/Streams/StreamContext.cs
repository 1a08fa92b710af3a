using Quiver.Protocol.FlowControl;
using Quiver.Protocol.Recovery;

namespace Quiver.Protocol.Streams;

/// <summary>What all streams of a connection share.</summary>
internal sealed class StreamContext
{
    /// <summary>The priority of a stream whose application sets none: the middle. 255 is the highest.</summary>
    public const byte DefaultPriority = 0x7F;

    /// <summary>Unacknowledged bytes that one stream may hold before writes wait: follows the congestion window.</summary>
    public const int MinSendBuffer = 128 * 1024;
    public const int MaxSendBuffer = 16 * 1024 * 1024;

    public required SendCredit SendCredit { get; init; }

    public required ReceiveCredit ReceiveCredit { get; init; }

    public required RttEstimator Rtt { get; init; }

    public required ulong MaxStreamReceiveWindow { get; init; }

    public StreamScheduler Scheduler { get; } = new();

    public StreamControlQueue Control { get; } = new();

    public StreamTable Table { get; set; } = null!; // set by the table itself, which is made right after

    public int SendBufferLimit { get; set; } = MinSendBuffer;
}
