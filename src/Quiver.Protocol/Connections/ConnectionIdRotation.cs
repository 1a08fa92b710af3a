using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.Connections;

/// <summary>
/// Changes the ids of both ends from time to time, so that who sees the packets of one time cannot tell those of another by them. Only while
/// packets come: an idle connection is not woken for it. RFC 9000 §5.1.2, §9.5.
/// </summary>
internal sealed class ConnectionIdRotation(ConnectionState state)
{
    private Timestamp _due = Timestamp.Never;

    /// <summary>A datagram came on an established connection.</summary>
    public void OnDatagram(Timestamp now)
    {
        TimeSpan lifetime = state.Settings!.ConnectionIdLifetime; // fixed before the handshake could complete
        if (lifetime == TimeSpan.Zero || !state.IsHandshakeConfirmed)
        {
            return;
        }

        if (_due != Timestamp.Never && now >= _due)
        {
            state.PeerIds.Change(state.PeerIds.Active);
            state.LocalIds.Replace();
            _due = Timestamp.Never;
        }

        if (_due == Timestamp.Never)
        {
            _due = now + lifetime;
        }
    }
}
