using Quiver.Protocol.Connections;
using Quiver.Protocol.Tokens;

namespace Quiver.Protocol.Endpoints;

/// <summary>What the token of a first Initial proves. RFC 9000 §8.1.</summary>
internal static class AddressValidation
{
    /// <summary>
    /// Says in <paramref name="result"/> whether the client's address is validated, and how it began before a Retry. False for a bad token of
    /// a Retry, since the client would not follow another: it gets INVALID_TOKEN. A bad token of an earlier connection counts as none.
    /// RFC 9000 §8.1.2, §8.1.3.
    /// </summary>
    public static bool TryValidate(
        AddressTokens tokens, ReadOnlySpan<byte> token, in ServerInitial initial, long unixMilliseconds, ITokenReplayFilter? replays, out ServerInitial result)
    {
        result = initial;
        if (token.IsEmpty)
        {
            return true;
        }

        bool isOurs = tokens.TryOpen(
            token, initial.Remote, initial.Version, initial.DestinationConnectionId, unixMilliseconds, out AddressToken opened);
        if (AddressTokens.KindOf(token) == AddressTokenKind.Retry)
        {
            result = initial with { IsAddressValidated = true, OriginalDestination = opened.OriginalDestination, RetrySource = opened.RetrySource };
            return isOurs;
        }

        if (isOurs && replays?.TryAccept(token, opened.IssuedMilliseconds) != false)
        {
            result = initial with { IsAddressValidated = true };
        }

        return true;
    }
}
