namespace Quiver.Protocol.Tls.Extensions;

/// <summary>One PSK that a client offers: its ticket, how old it says that is (plus the ticket's secret number), and the proof of the key.
/// RFC 9846 §4.3.11.</summary>
internal sealed record PskIdentity(byte[] Identity, uint ObfuscatedAge, byte[] Binder);
