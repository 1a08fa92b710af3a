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

            // What a server authenticates beside its ids: the Retry that it sent, and how it can reset what it has forgotten. RFC 9000 §7.3, §10.3.
            RetrySourceConnectionId = server ? state.RetrySource : null,
            StatelessResetToken = server ? state.LocalIds.FirstToken : null,
            MaxIdleTimeout = settings.IdleTimeout,
            InitialMaxData = settings.ConnectionReceiveWindow,
            InitialMaxStreamDataBidiLocal = settings.LocalBidirectionalReceiveWindow,
            InitialMaxStreamDataBidiRemote = settings.RemoteBidirectionalReceiveWindow,
            InitialMaxStreamDataUni = settings.UnidirectionalReceiveWindow,
            InitialMaxStreamsBidi = (ulong)settings.MaxInboundBidirectionalStreams,
            InitialMaxStreamsUni = (ulong)settings.MaxInboundUnidirectionalStreams,
            VersionInformation = server
                ? VersionInformation.Of(state.Version.Current, settings.Versions ?? QuicVersions.Spoken)
                : VersionInformation.Of(state.Version.Original, state.Version.Offered),
            MaxDatagramFrameSize = settings.MaxDatagramFrameSize,
            ActiveConnectionIdLimit = PeerConnectionIds.ActiveLimit,
            DisableActiveMigration = settings.DisablesActiveMigration,
            PreferredAddress = server ? CreatePreferredAddress(state, settings) : null,
        };
    }

    /// <summary>The address comes with an id for the path there. RFC 9000 §9.6.1, §18.2.</summary>
    private static PreferredAddress? CreatePreferredAddress(ConnectionState state, ConnectionSettings settings)
    {
        if (settings.PreferredAddress is (null, null) || state.LocalIds.TryIssueFirst() is not { } issued)
        {
            return null;
        }

        return new PreferredAddress(settings.PreferredAddress.IPv4, settings.PreferredAddress.IPv6, issued.Id, issued.Token);
    }
}
