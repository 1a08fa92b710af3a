using Quiver.Protocol.Connections;
using Quiver.Protocol.Tls;
using Quiver.Protocol.Tls.Resumption;
using Quiver.Protocol.TransportParameters;
using Quiver.Resumption;
using Quiver.Security;

namespace Quiver.Driving;

/// <summary>Sees a client's connection through its handshake: has the server's certificate checked and tells the caller how it went.</summary>
internal sealed class ClientHandshake(PeerCertificateRules rules, ClientSessions? sessions) : IHandshakeHost
{
    /// <summary>Whose handshake it is; let go of when it is over.</summary>
    public QuicConnection? Connection { get; set; }

    public void OnSuspended(TlsSuspension suspension)
    {
        if (Connection is { } connection)
        {
            ThreadPool.UnsafeQueueUserWorkItem(new PeerCertificateCheck(connection.Driver, connection, rules), preferLocal: false);
        }
    }

    public void OnCompleted()
    {
        Connection?.OnHandshakeCompleted();
    }

    public void OnEarlyData(bool isAccepted) => Connection?.OnEarlyData(isAccepted);

    public void OnSessionTicket(TlsSession session, TransportParameterSet parameters)
    {
        if (Connection is { } connection)
        {
            sessions?.Keep(session, parameters, connection.CertificateExpires);
        }
    }

    public void OnClosed(CloseReason reason)
    {
        Connection?.OnHandshakeEnded(reason);
        Connection = null;
    }
}
