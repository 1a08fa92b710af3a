using Quiver.Protocol.Crypto;

namespace Quiver.Protocol.Tls.Resumption;

/// <summary>The ticket that a server takes from a ClientHello; its binder was checked.</summary>
internal sealed record SelectedPsk
{
    /// <summary>Its place among the client's identities.</summary>
    public required int Index { get; init; }

    public required CipherSuite Suite { get; init; }

    public required byte[] Psk { get; init; }

    /// <summary>The application protocol of the session.</summary>
    public required ReadOnlyMemory<byte> Protocol { get; init; }

    /// <summary>Whether early data may be taken, if suite, protocol and limits turn out to be the same.</summary>
    public bool AllowsEarlyData { get; init; }

    /// <summary>The transport parameters that the client remembers, encoded. RFC 9000 §7.4.1.</summary>
    public ReadOnlyMemory<byte> RememberedParameters { get; init; }
}
