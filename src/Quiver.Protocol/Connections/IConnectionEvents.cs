using Quiver.Protocol.Paths;
using Quiver.Protocol.Primitives;
using Quiver.Protocol.Streams;
using Quiver.Protocol.Tls;
using Quiver.Protocol.Tls.Resumption;
using Quiver.Protocol.TransportParameters;

namespace Quiver.Protocol.Connections;

/// <summary>
/// What a connection tells its driver. Every method runs inside a call into <see cref="Connection"/>, so with the driver's lock held:
/// note the fact, act after the lock is released, never call back into the connection.
/// </summary>
internal interface IConnectionEvents
{
    /// <summary>The handshake waits; answer by one of the connection's Resume methods.</summary>
    void OnHandshakeSuspended(TlsSuspension suspension);

    /// <summary>The handshake is complete: streams may be opened and the negotiated values read.</summary>
    void OnHandshakeComplete();

    /// <summary>Early data was accepted or refused. On a client all streams opened before are gone when it was refused; on a server that
    /// accepts, streams may come from now on, before the handshake is complete.</summary>
    void OnEarlyData(bool isAccepted);

    /// <summary>Client: a ticket came, to be kept with the server's parameters.</summary>
    void OnSessionTicket(TlsSession session, TransportParameterSet parameters);

    /// <summary>The peer opened a stream; it is queued for the application to accept.</summary>
    void OnStreamOpenedByPeer(QuicStreamState stream);

    /// <summary>The peer's limit grew by so many streams (once with its initial limits, at handshake completion).</summary>
    void OnStreamCreditGranted(StreamDirection direction, ulong increment);

    /// <summary>Datagrams to this id are to belong to this connection from now on; false when it is another connection's.</summary>
    bool TryAddConnectionId(in ConnectionId connectionId);

    /// <summary>Datagrams to this id no longer belong to this connection.</summary>
    void OnConnectionIdRemoved(in ConnectionId connectionId);

    /// <summary>A datagram from an address that ends in this token (16 bytes) is a stateless reset of this connection. RFC 9000 §10.3.1.</summary>
    void OnStatelessResetTokenAdded(in StatelessResetToken token, in PathAddress remote);

    void OnStatelessResetTokenRemoved(in StatelessResetToken token);

    /// <summary>Client: the server gave a token for a later connection. Points into the packet. RFC 9000 §8.1.3.</summary>
    void OnAddressToken(ReadOnlySpan<byte> token);

    /// <summary>The address pair in use changed.</summary>
    void OnPathChanged(in PathAddress local, in PathAddress remote);

    /// <summary>Client: a path that was tried leads to the server; the connection can move there.</summary>
    void OnPathValidated(NetworkPath path);

    /// <summary>A path is not known any more: it did not answer, or is of no more use.</summary>
    void OnPathGone(NetworkPath path);

    /// <summary>Client: the server would rather be reached there: answer by <see cref="PathMigrator.TryAddPreferred"/>. RFC 9000 §9.6.</summary>
    void OnPreferredAddress(in PathAddress remote);

    /// <summary>One secret for SSLKEYLOGFILE. RFC 9850.</summary>
    void OnKeyLog(string label, ReadOnlySpan<byte> clientRandom, ReadOnlySpan<byte> secret);

    /// <summary>The connection ended for the application: all streams are dead, nothing more is delivered.</summary>
    void OnClosed(CloseReason reason);

    /// <summary>Closing or draining is over: forget the connection. Comes once, after <see cref="OnClosed"/>.</summary>
    void OnDrained();
}
