using Quiver.Protocol.Primitives;
using Quiver.Protocol.Tls.Resumption;

namespace Quiver.Protocol.Tokens;

/// <summary>
/// Gives out and takes back the tokens of a server, which keeps none of them: they are sealed, and the two bytes before the seal tell how
/// they were given out. Thread-safe. RFC 9000 §8.1.
/// </summary>
internal sealed class AddressTokens(ITicketSealer sealer, IRandomSource random)
{
    /// <summary>How long a Retry may be answered: the client does so at once, but may lose packets. RFC 9000 §8.1.4.</summary>
    public static readonly TimeSpan RetryLifetime = TimeSpan.FromSeconds(10);

    /// <summary>How long a NEW_TOKEN is good: long enough for tomorrow's visit, and addresses change hands slowly. As quic-go's.</summary>
    public static readonly TimeSpan NewTokenLifetime = TimeSpan.FromHours(24);

    /// <summary>How far the clocks of servers that share keys may differ.</summary>
    public static readonly TimeSpan ClockSkew = TimeSpan.FromSeconds(5);

    private const int PrefixLength = 2;

    private static ReadOnlySpan<byte> RetryPrefix => "QR"u8;

    private static ReadOnlySpan<byte> NewTokenPrefix => "QN"u8;

    public byte[] IssueForRetry(
        in PathAddress client, QuicVersion version, in ConnectionId originalDestination, in ConnectionId retrySource, long unixMilliseconds) =>
        Seal(new AddressToken
        {
            Kind = AddressTokenKind.Retry,
            IssuedMilliseconds = unixMilliseconds,
            Version = version,
            Ip = client.Ip,
            Port = client.Port,
            OriginalDestination = originalDestination,
            RetrySource = retrySource,
        });

    public byte[] IssueForLater(in PathAddress client, QuicVersion version, long unixMilliseconds) => Seal(new AddressToken
    {
        Kind = AddressTokenKind.NewToken,
        IssuedMilliseconds = unixMilliseconds,
        Version = version,
        Ip = client.Ip,
    });

    /// <summary>How a token says that it was given out; nothing is proven by that.</summary>
    public static AddressTokenKind KindOf(ReadOnlySpan<byte> token) =>
        token.StartsWith(RetryPrefix) ? AddressTokenKind.Retry
        : token.StartsWith(NewTokenPrefix) ? AddressTokenKind.NewToken
        : AddressTokenKind.None;

    /// <summary>Whether the token was given to this client, for this version and, if by a Retry, for this exchange, and is not too old.</summary>
    public bool TryOpen(
        ReadOnlySpan<byte> token, in PathAddress client, QuicVersion version, in ConnectionId destination, long unixMilliseconds, out AddressToken opened)
    {
        opened = default;
        AddressTokenKind kind = KindOf(token);
        if (kind == AddressTokenKind.None || !sealer.TryOpen(token[PrefixLength..], out byte[]? content)
            || !AddressToken.TryRead(content, out opened) || opened.Kind != kind || opened.Ip != client.Ip || opened.Version != version)
        {
            return false;
        }

        TimeSpan age = TimeSpan.FromMilliseconds(unixMilliseconds - opened.IssuedMilliseconds);
        return kind == AddressTokenKind.Retry
            ? age <= RetryLifetime && age >= -ClockSkew && opened.Port == client.Port && opened.RetrySource == destination
            : age <= NewTokenLifetime && age >= -ClockSkew;
    }

    private byte[] Seal(in AddressToken token)
    {
        byte[] sealedContent = sealer.Seal(token.ToBytes(), random);
        byte[] bytes = new byte[PrefixLength + sealedContent.Length];
        (token.Kind == AddressTokenKind.Retry ? RetryPrefix : NewTokenPrefix).CopyTo(bytes);
        sealedContent.CopyTo(bytes, PrefixLength);
        return bytes;
    }
}
