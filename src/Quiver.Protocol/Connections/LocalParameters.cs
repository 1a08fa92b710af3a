using Quiver.Protocol.ConnectionIds;
using Quiver.Protocol.Primitives;
using Quiver.Protocol.TransportParameters;

namespace Quiver.Protocol.Connections;

/// <summary>Turns settings into the transport parameters that we send. RFC 9000 §7.3, §18.2.</summary>
internal static class LocalParameters
{
    public static TransportParameterSet Create(ConnectionState state, ConnectionSettings settings)
    {
        bool server = state.Role == EndpointRole.Server;
        return new TransportParameterSet
        {
            OriginalDestinationConnectionId = server ? state.OriginalDestination : null,
            InitialSourceConnectionId = state.LocalInitialSource,
            MaxIdleTimeout = settings.IdleTimeout,
            InitialMaxData = settings.ConnectionReceiveWindow,
            InitialMaxStreamDataBidiLocal = settings.LocalBidirectionalReceiveWindow,
            InitialMaxStreamDataBidiRemote = settings.RemoteBidirectionalReceiveWindow,
            InitialMaxStreamDataUni = settings.UnidirectionalReceiveWindow,
            InitialMaxStreamsBidi = (ulong)settings.MaxInboundBidirectionalStreams,
            InitialMaxStreamsUni = (ulong)settings.MaxInboundUnidirectionalStreams,
            MaxDatagramFrameSize = settings.MaxDatagramFrameSize,
            ActiveConnectionIdLimit = PeerConnectionIds.ActiveLimit,
        };
    }
}
