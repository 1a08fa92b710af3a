using Quiver.Protocol.Frames;

namespace Quiver.Protocol.Recovery;

/// <summary>What a sent packet must remember of one frame; the meaning of id, offset and length is the owner's.</summary>
internal readonly record struct SentFrame(ISentFrameOwner Owner, byte Kind, ulong Id, ulong Offset, int Length, bool Fin)
{
    public SentFrame(ISentFrameOwner owner, FrameType type, ulong id = 0, ulong offset = 0, int length = 0, bool fin = false)
        : this(owner, (byte)type, id, offset, length, fin)
    {
    }

    public FrameType Type => (FrameType)Kind;
}
