using Quiver.Protocol.Connections;
using Quiver.Protocol.Tls;
using Quiver.Protocol.Tls.Resumption;
using Quiver.Protocol.TransportParameters;

namespace Quiver.Driving;

/// <summary>
/// Who answers for a connection until its handshake is over. Called after the connection's lock was released, on the loop or on an
/// application's thread: it must not block, nor run the application's code itself.
/// </summary>
internal interface IHandshakeHost
{
    void OnSuspended(TlsSuspension suspension);

    void OnCompleted();

    void OnEarlyData(bool isAccepted);

    /// <summary>Client: a ticket came.</summary>
    void OnSessionTicket(TlsSession session, TransportParameterSet parameters);

    /// <summary>Client: a token for a later connection came. RFC 9000 §8.1.3.</summary>
    void OnAddressToken(byte[] token, QuicVersion version);

    /// <summary>The connection ended; comes also when the handshake had completed before.</summary>
    void OnClosed(CloseReason reason);
}
