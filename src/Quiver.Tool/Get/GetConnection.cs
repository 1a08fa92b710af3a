using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Quiver.Http3;

namespace Quiver.Tool.Get;

/// <summary>Connects to one server with the trust that the user asked for.</summary>
internal static class GetConnection
{
    private const int StreamWindow = 1 << 20;

    /// <summary>Control stream, QPACK's two, and some that mean nothing.</summary>
    private const int Http3Streams = 5;

    private static readonly TimeSpan s_ticketTimeout = TimeSpan.FromSeconds(3);

    public static async ValueTask<QuicConnection> ConnectAsync(string host, int port, GetOptions options, CancellationToken cancellationToken)
    {
        QuicClientConnectionOptions connection = new()
        {
            RemoteEndPoint = IPAddress.TryParse(host, out IPAddress? address) ? new IPEndPoint(address, port) : new DnsEndPoint(host, port),
            DefaultStreamErrorCode = (long)Http3ErrorCode.RequestCancelled,
            DefaultCloseErrorCode = 0,
            MaxInboundUnidirectionalStreams = Http3Streams,
            Versions = options.Versions,
            ClientAuthenticationOptions = new SslClientAuthenticationOptions
            {
                ApplicationProtocols = [.. options.Protocols],
                TargetHost = host,
                CertificateChainPolicy = options.Roots is null ? null : TrustOnly(options.Roots),
#pragma warning disable CA5359 // --insecure is what the user asked for.
                RemoteCertificateValidationCallback = options.Insecure ? AcceptAny : null,
#pragma warning restore CA5359
            },
        };
        connection.InitialReceiveWindowSizes.LocallyInitiatedBidirectionalStream = StreamWindow;
        if (options.Resume)
        {
            await FetchTicketAsync(connection, cancellationToken);
            connection.EnableEarlyData = options.EarlyData;
        }

        return await QuicConnection.ConnectAsync(connection, cancellationToken);
    }

    /// <summary>How a connection for which a session was wanted began.</summary>
    public static async Task<string> DescribeAsync(QuicConnection connection)
    {
        await connection.HandshakeCompleted;
        string session = connection.IsResumed ? "resumed" : "not resumed";
        return connection.EarlyDataState == QuicEarlyDataState.None ? session : $"{session}, early data {connection.EarlyDataState.ToString().ToLowerInvariant()}";
    }

    /// <summary>A connection only to get a ticket. Without one, the next is an ordinary one.</summary>
    private static async Task FetchTicketAsync(QuicClientConnectionOptions options, CancellationToken cancellationToken)
    {
        WaitingTicketStore tickets = new();
        options.SessionTickets = tickets;
        await using QuicConnection first = await QuicConnection.ConnectAsync(options, cancellationToken);
        await tickets.First.WaitAsync(s_ticketTimeout, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
    }

    private static X509ChainPolicy TrustOnly(X509Certificate2Collection roots)
    {
        X509ChainPolicy policy = new() { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.AddRange(roots);
        return policy;
    }

    private static bool AcceptAny(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors) => true;
}
