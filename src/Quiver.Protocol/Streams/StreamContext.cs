using Quiver.Protocol.FlowControl;
using Quiver.Protocol.Recovery;

namespace Quiver.Protocol.Streams;

/// <summary>What all streams of a connection share.</summary>
internal sealed class StreamContext(ulong receiveWindow)
{
    /// <summary>The priority of a stream whose application sets none: the middle. 255 is the highest.</summary>
    public const byte DefaultPriority = 0x7F;

    /// <summary>Unacknowledged bytes that one stream may hold before writes wait: follows the congestion window.</summary>
    public const int MinSendBuffer = 128 * 1024;
    public const int MaxSendBuffer = 16 * 1024 * 1024;

    private SendCredit _sendCredit = new(0);
    private ReceiveCredit _receiveCredit = new(receiveWindow);

    /// <summary>The connection's credit, both ways.</summary>
    public ref SendCredit SendCredit => ref _sendCredit;

    public ref ReceiveCredit ReceiveCredit => ref _receiveCredit;

    /// <summary>How large the connection's receive window may grow.</summary>
    public required ulong MaxReceiveWindow { get; init; }

    public required RttEstimator Rtt { get; init; }

    public required ulong MaxStreamReceiveWindow { get; init; }

    /// <summary>Buffers that no stream uses at present.</summary>
    public SpareBuffers Spares { get; } = new();

    public StreamScheduler Scheduler { get; } = new();

    public StreamControlQueue Control { get; } = new();

    public StreamTable Table { get; set; } = null!; // set by the table itself, which is made right after

    public int SendBufferLimit { get; set; } = MinSendBuffer;
}
