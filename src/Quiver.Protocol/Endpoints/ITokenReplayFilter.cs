namespace Quiver.Protocol.Endpoints;

/// <summary>Tells whether a token of NEW_TOKEN came before. RFC 9000 §8.1.4.</summary>
internal interface ITokenReplayFilter
{
    /// <summary>False when the token was used before, or may have been; else it is remembered.</summary>
    bool TryAccept(ReadOnlySpan<byte> token, long issuedMilliseconds);
}
