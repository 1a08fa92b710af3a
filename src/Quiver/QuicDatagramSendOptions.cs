namespace Quiver;

/// <summary>How a datagram is sent.</summary>
public readonly struct QuicDatagramSendOptions
{
    private readonly byte? _priority;

    /// <summary>
    /// 255 is the highest; <see cref="QuicStream.DefaultPriority"/> unless set. Datagrams of a higher priority go first, and before
    /// streams of the same or a lower one.
    /// </summary>
    public byte Priority
    {
        get => _priority ?? QuicStream.DefaultPriority;
        init => _priority = value;
    }

    /// <summary>A datagram that congestion control has held back for so long is dropped; null: it waits.</summary>
    public TimeSpan? Expiry { get; init; }

    /// <summary>A number of the application's, given back to <see cref="QuicConnectionOptions.DatagramOutcomeCallback"/>.</summary>
    public long Tag { get; init; }
}
