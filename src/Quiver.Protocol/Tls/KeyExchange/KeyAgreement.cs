namespace Quiver.Protocol.Tls.KeyExchange;

/// <summary>The server's half of a key exchange: its share, and the shared secret. RFC 9846 §4.3.8.</summary>
internal readonly record struct KeyAgreement(byte[] Share, byte[] Secret);
