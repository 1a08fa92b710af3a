namespace Quiver.Protocol.TransportParameters;

/// <summary>What of a server's transport parameters both sides keep for early data on a later connection. RFC 9000 §7.4.1.</summary>
internal static class RememberedParameters
{
    /// <summary>All but those that belong to one connection or must come anew.</summary>
    public static TransportParameterSet Of(TransportParameterSet server) => server with
    {
        OriginalDestinationConnectionId = null,
        InitialSourceConnectionId = null,
        RetrySourceConnectionId = null,
        StatelessResetToken = null,
        PreferredAddress = null,
        VersionInformation = null,
        AckDelayExponent = TransportParameterSet.DefaultAckDelayExponent,
        MaxAckDelay = TransportParameterSet.DefaultMaxAckDelay,
    };

    /// <summary>The name of a limit that is smaller than it was, so that early data may have broken it; null when there is none.</summary>
    public static string? FindReduction(TransportParameterSet before, TransportParameterSet now) =>
        now.ActiveConnectionIdLimit < before.ActiveConnectionIdLimit ? "active_connection_id_limit"
        : now.InitialMaxData < before.InitialMaxData ? "initial_max_data"
        : now.InitialMaxStreamDataBidiLocal < before.InitialMaxStreamDataBidiLocal ? "initial_max_stream_data_bidi_local"
        : now.InitialMaxStreamDataBidiRemote < before.InitialMaxStreamDataBidiRemote ? "initial_max_stream_data_bidi_remote"
        : now.InitialMaxStreamDataUni < before.InitialMaxStreamDataUni ? "initial_max_stream_data_uni"
        : now.InitialMaxStreamsBidi < before.InitialMaxStreamsBidi ? "initial_max_streams_bidi"
        : now.InitialMaxStreamsUni < before.InitialMaxStreamsUni ? "initial_max_streams_uni"
        : now.MaxDatagramFrameSize < before.MaxDatagramFrameSize ? "max_datagram_frame_size"
        : null;
}
