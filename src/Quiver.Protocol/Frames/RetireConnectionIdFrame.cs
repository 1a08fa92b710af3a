using Quiver.Protocol.Buffers;
using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.Frames;

/// <summary>RETIRE_CONNECTION_ID: an id will not be used any more. RFC 9000 §19.16.</summary>
internal readonly record struct RetireConnectionIdFrame(ulong SequenceNumber)
{
    public int Length => 1 + VarInt.Length(SequenceNumber);

    public static bool TryRead(scoped ref PacketReader reader, out RetireConnectionIdFrame frame)
    {
        if (reader.TryReadVarInt(out ulong v0))
        {
            frame = new RetireConnectionIdFrame(v0);
            return true;
        }

        frame = default;
        return false;
    }

    public void Write(ref PacketWriter writer)
    {
        writer.WriteVarInt((ulong)FrameType.RetireConnectionId);
        writer.WriteVarInt(SequenceNumber);
    }
}
