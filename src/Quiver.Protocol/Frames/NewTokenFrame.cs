using Quiver.Protocol.Buffers;
using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.Frames;

/// <summary>NEW_TOKEN: a token for a later Initial. RFC 9000 §19.7. Points into the packet.</summary>
internal readonly ref struct NewTokenFrame(ReadOnlySpan<byte> token)
{
    public ReadOnlySpan<byte> Token { get; } = token;

    public int Length => 1 + VarInt.Length((ulong)Token.Length) + Token.Length;

    public static bool TryRead(scoped ref PacketReader reader, out NewTokenFrame frame)
    {
        // An empty token is a frame encoding error. RFC 9000 §19.7.
        bool ok = reader.TryReadVarIntBytes(out ReadOnlySpan<byte> token) && !token.IsEmpty;
        frame = new NewTokenFrame(token);
        return ok;
    }

    public void Write(ref PacketWriter writer)
    {
        writer.WriteVarInt((ulong)FrameType.NewToken);
        writer.WriteVarInt((ulong)Token.Length);
        writer.WriteBytes(Token);
    }
}
