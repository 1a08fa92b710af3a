namespace Quiver.Protocol.Recovery;

/// <summary>What is known of a packet number that we have used or skipped.</summary>
internal enum SentPacketState : byte
{
    Outstanding,
    Acked,
    Lost,

    /// <summary>Never sent, to catch peers that acknowledge what they have not seen. RFC 9000 §21.4.</summary>
    Skipped,
}
