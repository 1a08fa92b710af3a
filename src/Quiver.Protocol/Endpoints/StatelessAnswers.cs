using Quiver.Protocol.ConnectionIds;
using Quiver.Protocol.Connections;
using Quiver.Protocol.Packets;
using Quiver.Protocol.Primitives;
using Quiver.Protocol.Tokens;

namespace Quiver.Protocol.Endpoints;

/// <summary>
/// Answers to datagrams that belong to no connection: Version Negotiation, Retry, CONNECTION_CLOSE, stateless reset. Each is shorter than
/// what it answers, and all but Retry are limited in number, so that anybody's datagrams neither multiply nor cost without end.
/// Every method writes one datagram and returns its length; 0: no answer. For one thread. RFC 9000 §21.
/// </summary>
internal sealed class StatelessAnswers(IConnectionIdSource ids, AddressTokens tokens, IRandomSource random)
{
    /// <summary>Longest answer.</summary>
    public const int MaxLength = PacketHeader.MinInitialDatagram;

    /// <summary>Version Negotiation and refusals: a burst of clients is answered, a flood is not.</summary>
    public const int RefusalBurst = 256;

    /// <summary>Stateless resets: one is enough for a lost connection, and the next packet brings another. RFC 9000 §10.3.3.</summary>
    public const int ResetBurst = 32;

    public static readonly TimeSpan RefusalInterval = TimeSpan.FromMilliseconds(1);

    public static readonly TimeSpan ResetInterval = TimeSpan.FromMilliseconds(10);

    /// <summary>Ids of clients are at least so long while there is no other. RFC 9000 §7.2.</summary>
    private const int MinRetrySource = 8;

    private readonly RateLimit _negotiations = new(RefusalBurst, RefusalInterval);
    private readonly RateLimit _refusals = new(RefusalBurst, RefusalInterval);
    private readonly RateLimit _resets = new(ResetBurst, ResetInterval);

    /// <summary>Answers that were not given because there were too many.</summary>
    public long Suppressed { get; private set; }

    /// <summary>To a version that we do not speak. RFC 9000 §6.1.</summary>
    public int WriteVersionNegotiation(ReadOnlySpan<byte> datagram, IReadOnlyList<QuicVersion> versions, Span<byte> destination, Timestamp now) =>
        PacketHeader.TryReadInvariant(datagram, out _, out ReadOnlySpan<byte> clientDestination, out ReadOnlySpan<byte> clientSource) && Allow(_negotiations, now)
            ? VersionNegotiationPacket.Write(destination, clientDestination, clientSource, versions, random)
            : 0;

    /// <summary>To a client that is to prove its address first. RFC 9000 §8.1.2.</summary>
    public int WriteRetry(in ServerInitial initial, Span<byte> destination, long unixMilliseconds)
    {
        // An id of the endpoint's kind, so that what is routed by it comes here again; it must differ from the client's. RFC 9000 §17.2.5.1.
        ConnectionId source = ids.Length >= MinRetrySource ? ids.Create() : ConnectionId.Random(random, MinRetrySource);
        byte[] token = tokens.IssueForRetry(initial.Remote, initial.Version, initial.DestinationConnectionId, source, unixMilliseconds);
        return source == initial.DestinationConnectionId
            ? 0
            : RetryPacket.Write(destination, initial.Version, initial.SourceConnectionId, source, initial.DestinationConnectionId, token, random);
    }

    /// <summary>To a client that there is no room for. RFC 9000 §5.2.2.</summary>
    public int WriteRefusal(in ServerInitial initial, Span<byte> destination, Timestamp now) => Allow(_refusals, now)
        ? InitialPackets.WriteClose(destination, initial, TransportErrorCode.ConnectionRefused, "the server is busy")
        : 0;

    /// <summary>To an intact Initial with a bad token of a Retry. RFC 9000 §8.1.2.</summary>
    public int WriteInvalidToken(ReadOnlySpan<byte> datagram, in PacketHeader header, in ServerInitial initial, Span<byte> destination, Timestamp now) =>
        Allow(_refusals, now) && InitialPackets.IsAuthentic(datagram, header)
            ? InitialPackets.WriteClose(destination, initial, TransportErrorCode.InvalidToken, "the token of the Retry is not valid here and now")
            : 0;

    /// <summary>To a short packet for an id that nobody has. RFC 9000 §10.3.</summary>
    public int WriteReset(ReadOnlySpan<byte> datagram, Span<byte> destination, Timestamp now)
    {
        int length = StatelessResetPacket.LengthFor(datagram.Length);
        if (ids.Length == 0 || length == 0 || datagram.Length < 1 + ids.Length || !Allow(_resets, now))
        {
            return 0;
        }

        StatelessResetPacket.Write(destination[..length], ids.TokenFor(new ConnectionId(datagram.Slice(1, ids.Length))), random);
        return length;
    }

    private bool Allow(RateLimit limit, Timestamp now)
    {
        bool isAllowed = limit.TryTake(now);
        Suppressed += isAllowed ? 0 : 1;
        return isAllowed;
    }
}
