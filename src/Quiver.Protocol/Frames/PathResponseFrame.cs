using Quiver.Protocol.Buffers;

namespace Quiver.Protocol.Frames;

/// <summary>PATH_RESPONSE: the echo of a PATH_CHALLENGE. RFC 9000 §19.18.</summary>
internal readonly record struct PathResponseFrame(ulong Data)
{
    public const int Length = 9;

    public static bool TryRead(scoped ref PacketReader reader, out PathResponseFrame frame)
    {
        bool ok = reader.TryReadUInt64(out ulong data);
        frame = new PathResponseFrame(data);
        return ok;
    }

    public void Write(ref PacketWriter writer)
    {
        writer.WriteVarInt((ulong)FrameType.PathResponse);
        writer.WriteUInt64(Data);
    }
}
