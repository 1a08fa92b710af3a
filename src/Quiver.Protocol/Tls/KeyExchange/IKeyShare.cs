namespace Quiver.Protocol.Tls.KeyExchange;

/// <summary>The client's half of a key exchange: a public value to send and the private key behind it. RFC 9846 §4.3.8.</summary>
internal interface IKeyShare : IDisposable
{
    NamedGroup Group { get; }

    ReadOnlySpan<byte> PublicValue { get; }

    /// <summary>The shared secret with the server's share; a share that is not valid is an illegal_parameter.</summary>
    byte[] Agree(ReadOnlySpan<byte> serverShare);
}
