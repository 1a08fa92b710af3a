using System.Diagnostics;
using System.Globalization;
using System.Text;
using Quiver.Tool.Output;

namespace Quiver.Tool.Get;

/// <summary>What <c>get -v</c> says of a connection: how it began, what was negotiated, and how it went. One block of lines for each.</summary>
internal sealed class ConnectionReport(string authority)
{
    private readonly long _start = Stopwatch.GetTimestamp();

    /// <summary>Once the handshake is complete; early data goes out before.</summary>
    public async Task<string> DescribeStartAsync(QuicConnection connection)
    {
        await connection.HandshakeCompleted.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        string elapsed = Rate.OfTime(Stopwatch.GetElapsedTime(_start));
        if (!connection.HandshakeCompleted.IsCompletedSuccessfully)
        {
            // Whoever uses the connection says why.
            return $"* {authority}: the handshake failed after {elapsed}\n";
        }

        string session = connection.IsResumed ? "resumed" : "full handshake";
        string early = connection.EarlyDataState == QuicEarlyDataState.None ? "none" : connection.EarlyDataState.ToString().ToLowerInvariant();
        return new StringBuilder()
            .Append(CultureInfo.InvariantCulture, $"* {authority}: connected after {elapsed}\n")
            .Append(CultureInfo.InvariantCulture, $"*   path: {connection.LocalEndPoint} to {connection.RemoteEndPoint}\n")
            .Append(CultureInfo.InvariantCulture, $"*   QUIC version: {NumberOf(connection.NegotiatedVersion)}\n")
            .Append(CultureInfo.InvariantCulture, $"*   TLS: {connection.NegotiatedCipherSuite}, {connection.NegotiatedGroup}\n")
            .Append(CultureInfo.InvariantCulture, $"*   ALPN: {connection.NegotiatedApplicationProtocol}\n")
            .Append(CultureInfo.InvariantCulture, $"*   session: {session}, early data: {early}\n")
            .Append(CultureInfo.InvariantCulture, $"*   Retry: {(connection.IsRetried ? "yes" : "no")}\n")
            .ToString();
    }

    public string DescribeEnd(QuicConnection connection)
    {
        QuicConnectionStatistics statistics = connection.GetStatistics();
        string packets = $"{statistics.PacketsSent} packets sent, {statistics.PacketsReceived} received, {statistics.PacketsLost} lost";
        return $"* {authority}: done after {Rate.OfTime(Stopwatch.GetElapsedTime(_start))}\n"
            + $"*   path: {connection.LocalEndPoint} to {connection.RemoteEndPoint}\n"
            + $"*   round trip: {Rate.OfTime(statistics.SmoothedRtt)}, {packets}\n";
    }

    private static int NumberOf(QuicVersion version) => version == QuicVersion.Version2 ? 2 : 1;
}
