using Quiver.Protocol.Buffers;
using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.Frames;

/// <summary>NEW_CONNECTION_ID: another id for the same connection, and its reset token. RFC 9000 §19.15.</summary>
internal readonly record struct NewConnectionIdFrame(
    ulong SequenceNumber, ulong RetirePriorTo, ConnectionId ConnectionId, StatelessResetToken ResetToken)
{
    public int Length =>
        1 + VarInt.Length(SequenceNumber) + VarInt.Length(RetirePriorTo) + 1 + ConnectionId.Length + StatelessResetToken.Length;

    public static bool TryRead(scoped ref PacketReader reader, out NewConnectionIdFrame frame)
    {
        // An id of 0 or more than 20 bytes, and Retire Prior To above the sequence number, are encoding errors. RFC 9000 §19.15.
        if (reader.TryReadVarInt(out ulong sequence) && reader.TryReadVarInt(out ulong retirePriorTo) && retirePriorTo <= sequence
            && reader.TryReadConnectionId(out ConnectionId id) && id.Length > 0
            && reader.TryReadBytes(StatelessResetToken.Length, out ReadOnlySpan<byte> token))
        {
            frame = new NewConnectionIdFrame(sequence, retirePriorTo, id, StatelessResetToken.Read(token));
            return true;
        }

        frame = default;
        return false;
    }

    public void Write(ref PacketWriter writer)
    {
        writer.WriteVarInt((ulong)FrameType.NewConnectionId);
        writer.WriteVarInt(SequenceNumber);
        writer.WriteVarInt(RetirePriorTo);
        writer.WriteConnectionId(ConnectionId);
        ResetToken.Write(writer.Free);
        writer.Advance(StatelessResetToken.Length);
    }
}
