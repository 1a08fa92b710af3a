using Quiver.Protocol.Buffers;
using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.Frames;

/// <summary>STOP_SENDING: the receiver wants no more. RFC 9000 §19.5.</summary>
internal readonly record struct StopSendingFrame(ulong StreamId, ulong ErrorCode)
{
    public int Length => 1 + VarInt.Length(StreamId) + VarInt.Length(ErrorCode);

    public static bool TryRead(scoped ref PacketReader reader, out StopSendingFrame frame)
    {
        if (reader.TryReadVarInt(out ulong v0)
            && reader.TryReadVarInt(out ulong v1))
        {
            frame = new StopSendingFrame(v0, v1);
            return true;
        }

        frame = default;
        return false;
    }

    public void Write(ref PacketWriter writer)
    {
        writer.WriteVarInt((ulong)FrameType.StopSending);
        writer.WriteVarInt(StreamId);
        writer.WriteVarInt(ErrorCode);
    }
}
