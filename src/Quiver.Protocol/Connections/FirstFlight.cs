using Quiver.Protocol.Primitives;
using Quiver.Protocol.Tls;
using Quiver.Protocol.TransportParameters;

namespace Quiver.Protocol.Connections;

/// <summary>A client's first flight: made when the connection begins, and once anew when the server asks for another version. RFC 9368 §2.1.</summary>
internal sealed class FirstFlight(
    ConnectionState state, ConnectionSettings settings, ClientTlsSettings tls, HandshakeDriver handshake, InitialProtection initial)
{
    /// <summary>Bytes of the id that the client makes up for the server. RFC 9000 §7.2 asks for 8 at least.</summary>
    public const int DestinationLength = 8;

    public void Begin() => Send(settings, tls);

    /// <summary>
    /// Another connection, as far as the server can tell: new id, packet numbers and ClientHello. Ticket and token are of the version before
    /// (RFC 9369 §5), so early data that was sent under the ticket counts as refused.
    /// </summary>
    public void BeginAgain(QuicVersion version)
    {
        if (state.Early.State == EarlyDataState.Pending)
        {
            handshake.OnEarlyData(isAccepted: false);
        }

        state.Version.BeginAgain(version);
        state.OriginalDestination = ConnectionId.Random(state.Random, DestinationLength);
        state.PeerIds.Replace(state.OriginalDestination);
        state.InitialToken = [];
        state.Recovery.Restart(PacketNumberSpace.Initial);
        state.Recovery.Restart(PacketNumberSpace.Application);
        state.Space(PacketNumberSpace.Initial).Crypto.Restart();
        handshake.Tls.Dispose();
        Send(settings with { Remembered = null }, tls with { Session = null });
    }

    private void Send(ConnectionSettings sent, ClientTlsSettings tlsSettings)
    {
        TransportParameterSet parameters = LocalParameters.Create(state, sent);
        state.SetLocalParameters(parameters, sent);
        initial.Derive(state.OriginalDestination);
        byte[] encoded = TransportParameterWriter.Write(parameters, state.Random);
        handshake.Attach(new ClientHandshake(tlsSettings, encoded, handshake, state.Random));
        handshake.Start();
    }
}
