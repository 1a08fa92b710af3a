using System.Net.Sockets;

namespace Quiver.Sockets;

/// <summary>How to open a datagram socket.</summary>
internal sealed record DatagramSocketOptions
{
    /// <summary>Defaults: everything that the system can do, and buffers for about 20 ms at 1 Gbit/s.</summary>
    public static DatagramSocketOptions Default => new();

    /// <summary>Takes the socket of System.Net.Sockets even where there is a better one.</summary>
    public bool Portable { get; init; }

    /// <summary>
    /// Features not to use, so that tests can force each fallback. The application's switch
    /// <c>Quiver.DisableSegmentationOffload</c> turns that one off: tools that capture on a loopback device read of a batch no more
    /// than its first packet.
    /// </summary>
    public DatagramFeatures Disabled { get; init; } =
        AppContext.TryGetSwitch("Quiver.DisableSegmentationOffload", out bool isOff) && isOff
            ? DatagramFeatures.SegmentationOffload
            : DatagramFeatures.None;

    /// <summary>Sets further options on the socket before it is bound.</summary>
    public Action<Socket>? Configure { get; init; }

    /// <summary>Bytes asked of the kernel for datagrams not yet received; the kernel may give less.</summary>
    public int ReceiveBufferSize { get; init; } = 4 << 20;

    /// <summary>Bytes asked of the kernel for datagrams not yet sent; the kernel may give less.</summary>
    public int SendBufferSize { get; init; } = 4 << 20;
}
