using System.Net;

namespace Quiver.Resumption;

/// <summary>The address tokens of one client connection: the one it uses, and those it gets. RFC 9000 §8.1.3.</summary>
internal sealed class ClientTokens
{
    /// <summary>Tokens taken from one connection; more are dropped.</summary>
    private const int MaxTokens = 8;

    private readonly AddressTokenStore _store;
    private readonly string _scope;
    private int _kept;

    private ClientTokens(AddressTokenStore store, string scope)
    {
        _store = store;
        _scope = scope;
    }

    /// <summary>Null when the options want none.</summary>
    public static ClientTokens? For(QuicClientConnectionOptions options, string targetHost, IPEndPoint remote)
    {
        AddressTokenStore store = options.AddressTokens ?? AddressTokenStore.Shared;

        // Another server does not know the token. RFC 9000 §8.1.3.
        return ReferenceEquals(store, AddressTokenStore.None)
            ? null
            : new ClientTokens(store, $"{targetHost.ToLowerInvariant()}:{remote.Port}");
    }

    /// <summary>A token is of one version. RFC 9369 §5.</summary>
    public byte[]? Take(QuicVersion version) => _store.Take(ScopeOf(version));

    public void Keep(byte[] token, QuicVersion version)
    {
        if (_kept++ < MaxTokens)
        {
            _store.Add(ScopeOf(version), token);
        }
    }

    private string ScopeOf(QuicVersion version) => $"{_scope} {version}";
}
