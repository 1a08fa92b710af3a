using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.Frames;

/// <summary>Which frames may be in which packets, and which ask for an ACK. RFC 9000 §12.4, table 3.</summary>
internal static class FrameRules
{
    /// <summary>Whether a frame of the type may be in a packet of the level.</summary>
    public static bool IsAllowed(ulong type, EncryptionLevel level) => level switch
    {
        EncryptionLevel.Application => true,
        EncryptionLevel.EarlyData => type is not ((ulong)FrameType.Ack or (ulong)FrameType.AckEcn or (ulong)FrameType.Crypto
            or (ulong)FrameType.NewToken or (ulong)FrameType.PathResponse or (ulong)FrameType.RetireConnectionId
            or (ulong)FrameType.HandshakeDone),
        EncryptionLevel.Initial or EncryptionLevel.Handshake => type is (ulong)FrameType.Padding or (ulong)FrameType.Ping
            or (ulong)FrameType.Ack or (ulong)FrameType.AckEcn or (ulong)FrameType.Crypto or (ulong)FrameType.ConnectionCloseTransport,
        _ => throw new ArgumentOutOfRangeException(nameof(level)),
    };

    /// <summary>Frames that test a path without moving to it. RFC 9000 §9.1.</summary>
    public static bool IsProbing(ulong type) => type is (ulong)FrameType.Padding or (ulong)FrameType.NewConnectionId
        or (ulong)FrameType.PathChallenge or (ulong)FrameType.PathResponse;

    /// <summary>All frames but ACK, PADDING and CONNECTION_CLOSE ask for an acknowledgement. RFC 9002 §2.</summary>
    public static bool IsAckEliciting(ulong type) => type is not ((ulong)FrameType.Padding or (ulong)FrameType.Ack
        or (ulong)FrameType.AckEcn or (ulong)FrameType.ConnectionCloseTransport or (ulong)FrameType.ConnectionCloseApplication);
}
