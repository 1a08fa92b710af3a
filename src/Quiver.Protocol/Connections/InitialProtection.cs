using Quiver.Protocol.Crypto;
using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.Connections;

/// <summary>
/// The keys of Initial packets, which follow from an id that the client chose and from the version. While the version may change there are
/// those of two versions to read with. RFC 9001 §5.2, RFC 9369 §4.1.
/// </summary>
internal sealed class InitialProtection(ConnectionState state)
{
    private ConnectionId _origin;

    private PacketSpace Space => state.Space(PacketNumberSpace.Initial);

    private EndpointRole Peer => state.Role == EndpointRole.Client ? EndpointRole.Server : EndpointRole.Client;

    /// <summary>From the id that the client sends its first packets to, or those after a Retry.</summary>
    public void Derive(in ConnectionId destination)
    {
        _origin = destination;
        Space.Read?.Dispose();
        Space.ReadOther?.Dispose();
        Space.ReadOther = null;
        Space.Read = Create(state.Version.Current, Peer);
        UseToWrite();
    }

    /// <summary>Client: a packet says that the server may have changed to a version. There are two, so there is one other.</summary>
    public void Expect(QuicVersion version) => Space.ReadOther ??= Create(version, Peer);

    /// <summary>What is sent from now on has another version. A server still reads what the client sends in the original one.</summary>
    public void ChangeVersion(QuicVersion version)
    {
        if (state.Role == EndpointRole.Server)
        {
            // Kept until the Initial keys go, with the client's first Handshake packet. RFC 9369 §4.1.
            Space.ReadOther = Space.Read;
            Space.Read = Create(version, Peer);
        }
        else
        {
            Space.Read?.Dispose();
            Space.Read = Space.ReadOther ?? Create(version, Peer);
            Space.ReadOther = null;
        }

        state.Version.Change(version);
        UseToWrite();
    }

    private void UseToWrite()
    {
        Space.Write?.Dispose();
        Space.Write = Create(state.Version.Current, state.Role);
    }

    private PacketProtection Create(QuicVersion version, EndpointRole sender) => InitialKeys.Create(version, _origin.Span, sender);
}
