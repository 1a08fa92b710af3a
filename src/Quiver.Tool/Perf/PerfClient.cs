using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace Quiver.Tool.Perf;

/// <summary>Connects to a <see cref="PerfServer"/> and opens its streams. Its certificate is not looked at: what is measured is its own.</summary>
internal sealed class PerfClient(EndPoint server)
{
    /// <summary>A full handshake, unless a store for tickets is given.</summary>
    public ValueTask<QuicConnection> ConnectAsync(CancellationToken cancellationToken, ISessionTicketStore? tickets = null) => QuicConnection.ConnectAsync(
        new QuicClientConnectionOptions
        {
            RemoteEndPoint = server,
            DefaultStreamErrorCode = 0,
            DefaultCloseErrorCode = 0,
            SessionTickets = tickets,
            ClientAuthenticationOptions = new SslClientAuthenticationOptions
            {
                ApplicationProtocols = [PerfProtocol.Name],
                TargetHost = "localhost",
                AllowTlsResume = tickets is not null,
#pragma warning disable CA5359 // See the type's comment.
                RemoteCertificateValidationCallback = AcceptAny,
#pragma warning restore CA5359
            },
        },
        cancellationToken);

    /// <summary>A stream whose header went out, with its end if nothing else is to follow.</summary>
    public static async ValueTask<QuicStream> OpenAsync(
        QuicConnection connection, PerfOperation operation, long argument, bool isAll, CancellationToken cancellationToken)
    {
        QuicStream stream = await connection.OpenOutboundStreamAsync(QuicStreamType.Bidirectional, cancellationToken);
        byte[] header = new byte[PerfProtocol.HeaderLength];
        PerfProtocol.WriteHeader(header, operation, argument);
        await stream.WriteAsync(header, isAll, cancellationToken);
        return stream;
    }

    private static bool AcceptAny(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors) => true;
}
