using Quiver.Protocol.Crypto;
using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.Tls.Resumption;

/// <summary>Which of the tickets that a client offers a server can use. RFC 9846 §4.3.11.</summary>
internal static class TicketSelection
{
    /// <summary>
    /// The first ticket that is ours, still good, and of this name and version. Others are ignored; one whose client cannot prove its
    /// key ends the handshake.
    /// </summary>
    public static bool TryChoose(
        PskOffer offer, ITicketSealer sealer, QuicVersion version, string? serverName, IReadOnlyList<CipherSuite> suites, long unixMilliseconds,
        out int index, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out TicketContent? content)
    {
        for (index = 0; index < offer.Identities.Count; index++)
        {
            content = null;
            if (!sealer.TryOpen(offer.Identities[index].Identity, out byte[]? plain))
            {
                continue;
            }

            content = TicketContent.Read(plain);
            if (content is null || content.Version != version || !suites.Contains(content.Suite)
                || !string.Equals(content.ServerName, serverName ?? string.Empty, StringComparison.OrdinalIgnoreCase)
                || !IsFresh(content, unixMilliseconds))
            {
                continue;
            }

            // Before a PSK is used its binder is right. RFC 9846 §4.3.11.
            if (!offer.IsBinderRight(index, content.Suite, content.Psk))
            {
                TransportException.ThrowAlert(TlsAlert.DecryptError, "TLS: the binder does not match the ticket");
            }

            return true;
        }

        content = null;
        return false;
    }

    /// <summary>How far the client's idea of the ticket's age is from ours: large when a ClientHello was kept back. RFC 9846 §8.3.</summary>
    public static TimeSpan AgeError(PskOffer offer, int index, TicketContent content, long unixMilliseconds)
    {
        uint claimed = unchecked(offer.Identities[index].ObfuscatedAge - content.AgeAdd);
        return TimeSpan.FromMilliseconds(Math.Abs(unixMilliseconds - content.IssuedMilliseconds - claimed));
    }

    private static bool IsFresh(TicketContent content, long unixMilliseconds)
    {
        // Clocks of a fleet differ a little: a ticket may seem to come from the near future.
        const long Tolerated = 60_000;
        long age = unixMilliseconds - content.IssuedMilliseconds;
        return age >= -Tolerated && age <= content.LifetimeSeconds * 1000L;
    }
}
