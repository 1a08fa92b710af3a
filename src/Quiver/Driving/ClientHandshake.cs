using Quiver.Protocol.Connections;
using Quiver.Protocol.Tls;
using Quiver.Protocol.Tls.Resumption;
using Quiver.Protocol.TransportParameters;
using Quiver.Resumption;
using Quiver.Security;

namespace Quiver.Driving;

/// <summary>Sees a client's connection through its handshake: has the server's certificate checked and tells the caller how it went.</summary>
internal sealed class ClientHandshake(PeerCertificateRules rules, ClientSessions? sessions, ClientTokens? tokens) : IHandshakeHost
{
    private PeerCertificateRules? _rules = rules;
    private DateTimeOffset _certificateExpires = DateTimeOffset.MaxValue;

    /// <summary>Whose handshake it is; let go of when it is over, as are the rules: from then on only the application keeps the handle alive.</summary>
    public QuicConnection? Connection { get; set; }

    public void OnSuspended(TlsSuspension suspension)
    {
        if (Connection is { } connection && _rules is { } rules)
        {
            ThreadPool.UnsafeQueueUserWorkItem(new PeerCertificateCheck(connection.Driver, connection, rules), preferLocal: false);
        }
    }

    public void OnCompleted()
    {
        Connection?.OnHandshakeCompleted();
        _certificateExpires = Connection?.CertificateExpires ?? _certificateExpires;
        LetGo();
    }

    public void OnEarlyData(bool isAccepted) => Connection?.OnEarlyData(isAccepted);

    public void OnAddressToken(byte[] token, QuicVersion version) => tokens?.Keep(token, version);

    public void OnSessionTicket(TlsSession session, TransportParameterSet parameters) => sessions?.Keep(session, parameters, _certificateExpires);

    public void OnClosed(CloseReason reason)
    {
        Connection?.OnHandshakeEnded(reason);
        LetGo();
    }

    private void LetGo()
    {
        Connection = null;
        _rules = null;
    }
}
