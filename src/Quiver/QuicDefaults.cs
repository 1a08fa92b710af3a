using Quiver.Protocol.Primitives;

namespace Quiver;

/// <summary>The values that options have when nothing is set.</summary>
internal static class QuicDefaults
{
    public const long MaxErrorCode = (long)VarInt.MaxValue;

    public const int MaxStreamLimit = ushort.MaxValue;

    public const int ConnectionReceiveWindow = 16 << 20;

    public const int StreamReceiveWindow = 64 << 10;

    public const int ServerMaxInboundBidirectionalStreams = 100;

    public const int ServerMaxInboundUnidirectionalStreams = 10;

    public const long MaxPacketsPerKey = (long)Protocol.Crypto.KeyUpdate.DefaultMaxPackets;

    public const int ListenBacklog = 512;

    public const int MaxHandshakes = 4096;

    /// <summary>
    /// What a peer can make one handshake hold at most: 64 KiB of CRYPTO out of order, 16 packets of 2 KiB without keys, and 32 KiB for all
    /// that a connection is made of.
    /// </summary>
    public const int HandshakeMemory = 128 << 10;

    public const long MaxHandshakeMemory = (long)MaxHandshakes * HandshakeMemory;

    /// <summary>Half of the default backlog: before clients are refused they are asked to prove their addresses.</summary>
    public const int RetryThreshold = 256;

    public const int SessionTicketCount = 2;

    public const int MaxSessionTicketCount = 8;

    /// <summary>A ticket travels in each ClientHello of a resuming client.</summary>
    public const int MaxSessionTicketData = 4096;

    public static readonly TimeSpan SessionTicketLifetime = TimeSpan.FromDays(1);

    public static readonly TimeSpan IdleTimeout = TimeSpan.FromSeconds(30);

    public static readonly TimeSpan HandshakeTimeout = TimeSpan.FromSeconds(10);

    /// <summary>Any DATAGRAM frame that fits into a packet. RFC 9221 §3.</summary>
    public const ulong MaxDatagramFrameSize = 65_535;

    /// <summary>Enough for a slow link to carry what a send buffer holds; not so long that a peer that is gone holds up a shutdown.</summary>
    public static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(5);
}
