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

        // Another server, or version, does not know the token. RFC 9000 §8.1.3.
        return ReferenceEquals(store, AddressTokenStore.None)
            ? null
            : new ClientTokens(store, $"{targetHost.ToLowerInvariant()}:{remote.Port} {options.Version}");
    }

    public byte[]? Take() => _store.Take(_scope);

    public void Keep(byte[] token)
    {
        if (_kept++ < MaxTokens)
        {
            _store.Add(_scope, token);
        }
    }
}
