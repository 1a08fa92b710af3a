using Quiver.Protocol.Primitives;
using Quiver.Protocol.Tls;
using Quiver.Protocol.Tls.Resumption;
using Quiver.Protocol.TransportParameters;

namespace Quiver.Simulation.Endpoints;

/// <summary>How the simulated server gives out tickets and takes them: what the driver does, without callbacks.</summary>
internal sealed class SimTickets
{
    public ITicketSealer Sealer { get; init; } = new OneKey(new TicketKey(new byte[TicketKey.KeyLength]));

    public int Count { get; init; } = 2;

    public bool AllowsEarlyData { get; init; } = true;

    public bool TakesEarlyData { get; set; } = true;

    /// <summary>A fault: the server does not look at the limits that the client remembers.</summary>
    public bool ForgetsLimits { get; set; }

    public static ITicketSealer WithKey(byte[] key) => new OneKey(new TicketKey(key));

    public TicketSettings Settings => new()
    {
        Sealer = Sealer,
        Count = Count,
        Lifetime = TimeSpan.FromHours(1),
        AllowsEarlyData = AllowsEarlyData,
        ApplicationData = "data"u8.ToArray(),
    };

    /// <summary>Throws as the driver does when a client lacks the key of its ticket.</summary>
    public SelectedPsk? Choose(ITlsHandshake tls, QuicVersion version, long unixMilliseconds)
    {
        if (tls.OfferedPsks is not { } offer
            || !TicketSelection.TryChoose(
                offer, Sealer, version, tls.ServerName, TlsSettings.DefaultSuites, unixMilliseconds, out int index, out TicketContent? content))
        {
            return null;
        }

        return new SelectedPsk
        {
            Index = index,
            Suite = content.Suite,
            Psk = content.Psk,
            Protocol = content.Protocol,
            AllowsEarlyData = TakesEarlyData && content.AllowsEarlyData,
            RememberedParameters = ForgetsLimits ? [] : content.Parameters,
        };
    }

    private sealed class OneKey(TicketKey key) : ITicketSealer
    {
        public byte[] Seal(ReadOnlySpan<byte> content, IRandomSource random) => key.Seal(content, random);

        public bool TryOpen(ReadOnlySpan<byte> ticket, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out byte[]? content) =>
            key.TryOpen(ticket, out content);
    }
}

/// <summary>What a simulated client keeps.</summary>
internal sealed record SimSession(TlsSession Session, TransportParameterSet Parameters, Timestamp Received);
