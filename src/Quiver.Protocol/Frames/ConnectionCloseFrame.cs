using Quiver.Protocol.Buffers;
using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.Frames;

/// <summary>CONNECTION_CLOSE, of the transport (0x1c) or of the application (0x1d). RFC 9000 §19.19. Points into the packet.</summary>
internal readonly ref struct ConnectionCloseFrame(bool isApplication, ulong errorCode, ulong frameType, ReadOnlySpan<byte> reason)
{
    public bool IsApplication { get; } = isApplication;

    public ulong ErrorCode { get; } = errorCode;

    /// <summary>The frame that was at fault; not in the application's form.</summary>
    public ulong FaultyFrameType { get; } = frameType;

    /// <summary>UTF-8, for people.</summary>
    public ReadOnlySpan<byte> Reason { get; } = reason;

    public int Length =>
        1 + VarInt.Length(ErrorCode) + (IsApplication ? 0 : VarInt.Length(FaultyFrameType))
        + VarInt.Length((ulong)Reason.Length) + Reason.Length;

    public static bool TryRead(scoped ref PacketReader reader, FrameType type, out ConnectionCloseFrame frame)
    {
        frame = default;
        bool isApplication = type == FrameType.ConnectionCloseApplication;
        ulong faulty = 0;
        if (!reader.TryReadVarInt(out ulong code) || (!isApplication && !reader.TryReadVarInt(out faulty))
            || !reader.TryReadVarIntBytes(out ReadOnlySpan<byte> reason))
        {
            return false;
        }

        frame = new ConnectionCloseFrame(isApplication, code, faulty, reason);
        return true;
    }

    public void Write(ref PacketWriter writer)
    {
        writer.WriteVarInt((ulong)(IsApplication ? FrameType.ConnectionCloseApplication : FrameType.ConnectionCloseTransport));
        writer.WriteVarInt(ErrorCode);
        if (!IsApplication)
        {
            writer.WriteVarInt(FaultyFrameType);
        }

        writer.WriteVarInt((ulong)Reason.Length);
        writer.WriteBytes(Reason);
    }
}
