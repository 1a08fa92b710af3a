using Quiver.Protocol.ConnectionIds;
using Quiver.Protocol.Endpoints;
using Quiver.Protocol.Tokens;

namespace Quiver.Driving;

/// <summary>What an endpoint is known by, and what it can prove without keeping anything: its ids, its keys, and its limits.</summary>
internal sealed class EndpointIdentity
{
    public EndpointIdentity(QuicEndpointOptions options)
    {
        StatelessResetKey resetKey = options.StatelessResetKey.IsEmpty
            ? StatelessResetKey.Random(SystemRandomSource.Instance)
            : new StatelessResetKey(options.StatelessResetKey.Span);
        Ids = options.ConnectionIdGenerator is { } generator
            ? new GeneratedConnectionIds(generator, resetKey)
            : new RandomConnectionIds(SystemRandomSource.Instance, resetKey);
        Tokens = new AddressTokens(options.TokenKeys ?? new SessionTicketKeyRing(), SystemRandomSource.Instance);
        UsedTokens = options.RejectUsedTokens ? new UsedTokenFilter() : null;
        MaxHandshakes = (int)Math.Min(options.MaxHandshakes, options.MaxHandshakeMemory / QuicDefaults.HandshakeMemory);
    }

    public IConnectionIdSource Ids { get; }

    public AddressTokens Tokens { get; }

    public ITokenReplayFilter? UsedTokens { get; }

    /// <summary>By count and by memory: the smaller.</summary>
    public int MaxHandshakes { get; }

    /// <summary>Whether it is as every other that the application has not made.</summary>
    public bool IsDefault { get; private init; }

    public static EndpointIdentity CreateDefault() => new(new QuicEndpointOptions()) { IsDefault = true };
}
