using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.Packets;

/// <summary>A stateless reset: looks like a short packet, ends in a token that only the peer of the lost connection knows. RFC 9000 §10.3.</summary>
internal static class StatelessResetPacket
{
    /// <summary>The smallest: 5 bytes that look like a packet's, and the token. RFC 9000 §10.3.</summary>
    public const int MinLength = 5 + StatelessResetToken.Length;

    /// <summary>What is sent at most: one byte less than the 43 up to which RFC 9000 §10.3.3 asks for ever shorter answers.</summary>
    public const int MaxLength = 42;

    /// <summary>
    /// How long the answer to a datagram is; 0: none. It is always shorter than what it answers, so that two endpoints that know nothing
    /// of each other do not answer for ever. RFC 9000 §10.3.3.
    /// </summary>
    public static int LengthFor(int trigger) => trigger <= MinLength ? 0 : Math.Min(trigger - 1, MaxLength);

    /// <summary>Fills the whole destination.</summary>
    public static void Write(Span<byte> destination, in StatelessResetToken token, IRandomSource random)
    {
        random.Fill(destination[..^StatelessResetToken.Length]);
        destination[0] = (byte)((destination[0] & 0x3F) | PacketHeader.FixedBit);
        token.Write(destination[^StatelessResetToken.Length..]);
    }
}
