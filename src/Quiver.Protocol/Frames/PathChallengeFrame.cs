using Quiver.Protocol.Buffers;

namespace Quiver.Protocol.Frames;

/// <summary>PATH_CHALLENGE: eight bytes to be echoed on the same path. RFC 9000 §19.17.</summary>
internal readonly record struct PathChallengeFrame(ulong Data)
{
    public const int Length = 9;

    public static bool TryRead(scoped ref PacketReader reader, out PathChallengeFrame frame)
    {
        bool ok = reader.TryReadUInt64(out ulong data);
        frame = new PathChallengeFrame(data);
        return ok;
    }

    public void Write(ref PacketWriter writer)
    {
        writer.WriteVarInt((ulong)FrameType.PathChallenge);
        writer.WriteUInt64(Data);
    }
}
