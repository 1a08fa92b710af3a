using Quiver.Protocol.Buffers;
using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.Frames;

/// <summary>RESET_STREAM: the sender gives up its half. RFC 9000 §19.4.</summary>
internal readonly record struct ResetStreamFrame(ulong StreamId, ulong ErrorCode, ulong FinalSize)
{
    public int Length => 1 + VarInt.Length(StreamId) + VarInt.Length(ErrorCode) + VarInt.Length(FinalSize);

    public static bool TryRead(scoped ref PacketReader reader, out ResetStreamFrame frame)
    {
        if (reader.TryReadVarInt(out ulong v0)
            && reader.TryReadVarInt(out ulong v1)
            && reader.TryReadVarInt(out ulong v2))
        {
            frame = new ResetStreamFrame(v0, v1, v2);
            return true;
        }

        frame = default;
        return false;
    }

    public void Write(ref PacketWriter writer)
    {
        writer.WriteVarInt((ulong)FrameType.ResetStream);
        writer.WriteVarInt(StreamId);
        writer.WriteVarInt(ErrorCode);
        writer.WriteVarInt(FinalSize);
    }
}
