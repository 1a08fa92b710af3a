using Quiver.Protocol.Primitives;
using Quiver.Protocol.Streams;
using Quiver.Protocol.Tls;

namespace Quiver.Protocol.Connections;

/// <summary>
/// One QUIC connection as a state machine (RFC 9000): datagrams, the time and the application's calls go in; datagrams, the next
/// deadline and events come out. Not thread-safe: the driver holds one lock around every call.
/// After any call, ask <see cref="TryBuildDatagram"/> until it says false, then <see cref="NextTimeout"/>.
/// </summary>
internal sealed class Connection : IDisposable
{
    /// <summary>A client's connection; the first datagrams can be built at once.</summary>
    public static Connection CreateClient(
        ConnectionSettings settings, ClientTlsSettings tls, in PathAddress local, in PathAddress remote, IConnectionEvents events, Timestamp now) =>
        throw new NotSupportedException();

    /// <summary>A server's connection for the Initial packet that <paramref name="initial"/> describes; feed that datagram next.</summary>
    public static Connection CreateServer(
        in ServerInitial initial, TimeSpan handshakeTimeout, IRandomSource random, IConnectionEvents events, Timestamp now) =>
        throw new NotSupportedException();

    /// <summary>The handshake: names, protocols, suite and certificates. Valid for the life of the connection.</summary>
    public ITlsHandshake Tls => throw new NotSupportedException();

    public bool IsHandshakeComplete => throw new NotSupportedException();

    /// <summary>Null while the connection lives.</summary>
    public CloseReason? CloseReason => throw new NotSupportedException();

    public PathAddress LocalAddress => throw new NotSupportedException();

    public PathAddress RemoteAddress => throw new NotSupportedException();

    /// <summary>When <see cref="OnTimeout"/> must be called; Never when nothing is due.</summary>
    public Timestamp NextTimeout => throw new NotSupportedException();

    /// <summary>Takes one datagram, decrypting in place. Never throws for what a peer sent.</summary>
    public void ReceiveDatagram(Span<byte> datagram, in DatagramArrival arrival, Timestamp now) => throw new NotSupportedException();

    /// <summary>Builds the next datagram, if there is something to send and it may be sent now.</summary>
    public bool TryBuildDatagram(Span<byte> destination, Timestamp now, out OutgoingDatagram datagram) => throw new NotSupportedException();

    public void OnTimeout(Timestamp now) => throw new NotSupportedException();

    /// <summary>Server, on <see cref="TlsSuspension.ServerSettings"/>. The handshake time-out of the settings counts from the start.</summary>
    public void ResumeWithServerSettings(ConnectionSettings settings, ServerTlsSettings tls, Timestamp now) => throw new NotSupportedException();

    /// <summary>On <see cref="TlsSuspension.PeerCertificate"/>: null accepts, an alert closes the connection with it.</summary>
    public void ResumeWithCertificateVerdict(TlsAlert? rejection, string reason, Exception? cause, Timestamp now) =>
        throw new NotSupportedException();

    /// <summary>Opens a stream if the peer's limit allows; nothing is sent until it is used.</summary>
    public bool TryOpenStream(StreamDirection direction, out QuicStreamState? stream) => throw new NotSupportedException();

    /// <summary>The application took a stream that the peer had opened: its credit may be returned once it has ended.</summary>
    public void OnStreamAccepted(QuicStreamState stream) => throw new NotSupportedException();

    /// <summary>Closes with an application error code (CONNECTION_CLOSE 0x1d; before the handshake is confirmed as RFC 9000 §10.2.3 says).</summary>
    public void Close(ulong errorCode, string reason, Timestamp now) => throw new NotSupportedException();

    /// <summary>Closes with a transport error, for example CONNECTION_REFUSED or a TLS alert.</summary>
    public void CloseTransport(TransportErrorCode code, string reason, Exception? cause, Timestamp now) => throw new NotSupportedException();

    /// <summary>Ends at once with nothing sent; buffers return to their pools.</summary>
    public void Dispose() => throw new NotSupportedException();
}
