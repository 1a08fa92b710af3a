using Quiver.Validation;

namespace Quiver;

/// <summary>What the listeners and connections of a <see cref="QuicEndpoint"/> have in common. Everything has a default.</summary>
public sealed class QuicEndpointOptions
{
    /// <summary>Bytes of a <see cref="StatelessResetKey"/>.</summary>
    public const int StatelessResetKeyLength = Protocol.ConnectionIds.StatelessResetKey.Length;

    /// <summary>Makes options with the defaults.</summary>
    public QuicEndpointOptions()
    {
    }

    /// <summary>Makes the endpoint's connection ids. Null, the default: 8 random bytes.</summary>
    public IConnectionIdGenerator? ConnectionIdGenerator { get; set; }

    /// <summary>
    /// A secret of 32 bytes. A process that is started again with the same one, and with ids of the same length, tells the peers of the
    /// connections it lost that they are gone (a stateless reset, RFC 9000 §10.3). Never use it on two endpoints that live at the same time
    /// and can get each other's packets. Empty, the default: a random one.
    /// </summary>
    public ReadOnlyMemory<byte> StatelessResetKey { get; set; }

    /// <summary>
    /// The keys of address tokens (Retry and NEW_TOKEN). Servers behind one address share them. Null, the default: random keys. RFC 9000 §8.1.4.
    /// </summary>
    public SessionTicketKeyRing? TokenKeys { get; set; }

    /// <summary>
    /// Whether the token of an earlier connection is taken once only, as far as a filter of 128 KiB can tell; after that, and always
    /// when in doubt, the client counts as one without a token. Default: true. RFC 9000 §8.1.4.
    /// </summary>
    public bool RejectUsedTokens { get; set; } = true;

    /// <summary>Handshakes that may be under way at a time; further clients are refused (CONNECTION_REFUSED), and nothing is kept of them. Default: 4,096.</summary>
    public int MaxHandshakes { get; set; } = QuicDefaults.MaxHandshakes;

    /// <summary>
    /// Memory that handshakes under way may take together, each counted with all that a peer can make it hold (128 KiB); further clients are
    /// refused. Default: 512 MiB.
    /// </summary>
    public long MaxHandshakeMemory { get; set; } = QuicDefaults.MaxHandshakeMemory;

    internal void Validate(string argumentName)
    {
        Require.InRange(argumentName, MaxHandshakes, int.MaxValue);
        Require.InRange(argumentName, MaxHandshakeMemory, long.MaxValue);
        if (!StatelessResetKey.IsEmpty && StatelessResetKey.Length != StatelessResetKeyLength)
        {
            throw new ArgumentException(
                $"'{nameof(StatelessResetKey)}' has {StatelessResetKey.Length} bytes; it must have {StatelessResetKeyLength}, or none.", argumentName);
        }

        if (ConnectionIdGenerator is { Length: < 0 or > Protocol.Primitives.ConnectionId.MaxLength })
        {
            throw new ArgumentException($"'{nameof(ConnectionIdGenerator)}' makes ids of {ConnectionIdGenerator.Length} bytes; 0 to 20 are possible.", argumentName);
        }
    }
}
