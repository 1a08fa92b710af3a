using System.Collections.Frozen;

namespace Quiver.Interop;

/// <summary>The test cases by name. What is not here is not supported: <c>http3</c> until there is HTTP/3.</summary>
internal static class TestCases
{
    private static readonly TestCase s_transfer = new();
    private static readonly TestCase s_multiconnect = new() { Connections = ConnectionUse.OneForEach };

    private static readonly FrozenDictionary<string, TestCase> s_byName = new Dictionary<string, TestCase>(StringComparer.Ordinal)
    {
        ["handshake"] = s_transfer,
        ["transfer"] = s_transfer,
        ["chacha20"] = new() { ChaCha20Only = true },
        ["keyupdate"] = new() { UpdateKeys = true },
        ["retry"] = new() { Retry = true },
        ["resumption"] = new() { Connections = ConnectionUse.Resumed },
        ["zerortt"] = new() { Connections = ConnectionUse.EarlyData, EarlyData = true },
        ["multiconnect"] = s_multiconnect,
        ["ecn"] = s_transfer,
        ["v2"] = new()
        {
            ClientVersions = [QuicVersion.Version2, QuicVersion.Version1],
            ServerVersions = [QuicVersion.Version2, QuicVersion.Version1],
        },
        ["versionnegotiation"] = new()
        {
            ClientVersions = [QuicVersion.Version2, QuicVersion.Version1],
            InitialVersion = QuicVersion.Version2,
        },
        ["connectionmigration"] = new() { PreferredAddress = true },

        // The runner gives these under one of the names above.
        ["longrtt"] = s_transfer,
        ["multiplexing"] = s_transfer,
        ["blackhole"] = s_transfer,
        ["amplificationlimit"] = s_transfer,
        ["transferloss"] = s_transfer,
        ["transfercorruption"] = s_transfer,
        ["ipv6"] = s_transfer,
        ["rebind-port"] = s_transfer,
        ["rebind-addr"] = s_transfer,
        ["handshakeloss"] = s_multiconnect,
        ["handshakecorruption"] = s_multiconnect,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    public static TestCase? Find(string name) => s_byName.GetValueOrDefault(name);
}
