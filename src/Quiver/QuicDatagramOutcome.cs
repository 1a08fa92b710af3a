namespace Quiver;

/// <summary>What became of a datagram that was sent.</summary>
public readonly struct QuicDatagramOutcome
{
    /// <summary>The <see cref="QuicDatagramSendOptions.Tag"/> that it was sent with.</summary>
    public long Tag { get; init; }

    /// <summary>What became of it.</summary>
    public QuicDatagramStatus Status { get; init; }
}
