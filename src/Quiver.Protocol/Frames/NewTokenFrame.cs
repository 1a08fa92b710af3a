using Quiver.Protocol.Buffers;

namespace Quiver.Protocol.Frames;

/// <summary>NEW_TOKEN: a token for a later Initial. RFC 9000 §19.7. Points into the packet.</summary>
internal readonly ref struct NewTokenFrame(ReadOnlySpan<byte> token)
{
    public ReadOnlySpan<byte> Token { get; } = token;

    public static bool TryRead(scoped ref PacketReader reader, out NewTokenFrame frame)
    {
        // An empty token is a frame encoding error. RFC 9000 §19.7.
        bool ok = reader.TryReadVarIntBytes(out ReadOnlySpan<byte> token) && !token.IsEmpty;
        frame = new NewTokenFrame(token);
        return ok;
    }
}
