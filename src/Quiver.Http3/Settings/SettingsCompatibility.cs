namespace Quiver.Http3.Settings;

/// <summary>Whether settings keep what was promised to a client that sends early data under older ones. RFC 9114 §7.2.4.2.</summary>
internal static class SettingsCompatibility
{
    /// <summary>Throws when the server took early data and now allows less. The client's check.</summary>
    public static void Check(Http3Settings remembered, Http3Settings now)
    {
        if (remembered.QpackMaxTableCapacity != 0 && remembered.QpackMaxTableCapacity != now.QpackMaxTableCapacity)
        {
            // RFC 9204 §3.2.3: the capacity stays as it was.
            Http3ProtocolException.Throw(
                Http3ErrorCode.QpackDecoderStreamError,
                $"The server took early data and changed the QPACK table's capacity from {remembered.QpackMaxTableCapacity} to {now.QpackMaxTableCapacity}.");
        }

        if (!Keeps(remembered, now))
        {
            Http3ProtocolException.Throw(Http3ErrorCode.SettingsError, "The server took early data and then reduced what its settings had allowed.");
        }
    }

    /// <summary>Whether who keeps to the old settings keeps to the new ones too. The server's question.</summary>
    public static bool Keeps(Http3Settings remembered, Http3Settings now) =>
        now.QpackBlockedStreams >= remembered.QpackBlockedStreams
        && (remembered.QpackMaxTableCapacity == 0 || now.QpackMaxTableCapacity == remembered.QpackMaxTableCapacity)
        && KeepsSize(remembered.MaxFieldSectionSize, now.MaxFieldSectionSize)
        && (now.EnableConnectProtocol || !remembered.EnableConnectProtocol)
        && (now.EnableDatagrams || !remembered.EnableDatagrams);

    /// <summary>No limit stays none, and a limit may only grow: left out, it counts as missing.</summary>
    private static bool KeepsSize(long? remembered, long? now) => remembered is null ? now is null : now >= remembered;
}
