using Quiver.Protocol.Crypto;
using Quiver.Protocol.Tls.Resumption;

namespace Quiver.Resumption;

/// <summary>Which ticket of a client a server takes, and whether early data with it.</summary>
internal static class ServerSessions
{
    /// <summary>How far a client's idea of its ticket's age may be off for early data to be taken. RFC 9846 §8.3.</summary>
    public static readonly TimeSpan MaxAgeError = TimeSpan.FromSeconds(10);

    /// <summary>Which tickets are given out; null: none.</summary>
    public static TicketSettings? SettingsOf(QuicServerConnectionOptions options) => Allows(options) && options.SessionTicketCount > 0
        ? new TicketSettings
        {
            Sealer = KeysOf(options),
            Count = options.SessionTicketCount,
            Lifetime = options.SessionTicketLifetime,
            AllowsEarlyData = options.AllowEarlyData,
            ApplicationData = options.SessionTicketData,
        }
        : null;

    /// <summary>Chooses from what the client offers. Runs without a lock, as it asks the application. Throws TransportException for a client
    /// that does not have the key of its ticket.</summary>
    public static SelectedPsk? Choose(
        QuicServerConnectionOptions options, PskOffer? offer, Protocol.Primitives.QuicVersion version, string? serverName, IReadOnlyList<CipherSuite> suites, DateTimeOffset arrived, out ReadOnlyMemory<byte> applicationData)
    {
        applicationData = default;
        if (offer is null || !Allows(options))
        {
            return null;
        }

        long now = arrived.ToUnixTimeMilliseconds();
        if (!TicketSelection.TryChoose(offer, KeysOf(options), version, serverName, suites, now, out int index, out TicketContent? content))
        {
            return null;
        }

        applicationData = content.ApplicationData;
        return new SelectedPsk
        {
            Index = index,
            Suite = content.Suite,
            Psk = content.Psk,
            Protocol = content.Protocol,
            RememberedParameters = content.Parameters,
            AllowsEarlyData = offer.WantsEarlyData && index == 0 && options.AllowEarlyData && content.AllowsEarlyData
                && TicketSelection.AgeError(offer, index, content, now) <= MaxAgeError && TakesEarlyData(options, offer, content),
        };
    }

    private static bool Allows(QuicServerConnectionOptions options) =>
        options.ServerAuthenticationOptions is { AllowTlsResume: true, ClientCertificateRequired: false };

    private static ITicketSealer KeysOf(QuicServerConnectionOptions options) => options.SessionTicketKeys ?? SessionTicketKeyRing.Shared;

    private static bool TakesEarlyData(QuicServerConnectionOptions options, PskOffer offer, TicketContent content)
    {
        try
        {
            return options.EarlyDataCallback?.Invoke(content.ApplicationData) != false
                && options.ReplayFilter?.TryAccept(offer.Random.Span, DateTimeOffset.FromUnixTimeMilliseconds(content.IssuedMilliseconds)) != false;
        }
        catch (Exception e)
        {
            throw new QuicException(
                QuicError.CallbackError, $"'{nameof(options.EarlyDataCallback)}' or '{nameof(options.ReplayFilter)}' threw.", e);
        }
    }
}
