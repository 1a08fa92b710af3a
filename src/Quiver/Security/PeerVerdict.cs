using System.Security.Cryptography.X509Certificates;
using Quiver.Protocol.Primitives;

namespace Quiver.Security;

/// <summary>
/// What a check of a peer's certificate found. Without an alert the peer is accepted; <see cref="Reason"/> goes to the peer,
/// <see cref="Cause"/> is what our own side throws.
/// </summary>
internal readonly record struct PeerVerdict(X509Certificate2? Certificate, TlsAlert? Alert, string Reason, Exception? Cause);
