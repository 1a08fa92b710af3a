namespace Quiver.Http3.Settings;

/// <summary>Identifiers of settings. RFC 9114 §7.2.4.1, RFC 9204 §5, RFC 9220 §5, RFC 9297 §5.1.</summary>
internal static class SettingIds
{
    public const ulong QpackMaxTableCapacity = 0x01;
    public const ulong MaxFieldSectionSize = 0x06;
    public const ulong QpackBlockedStreams = 0x07;
    public const ulong EnableConnectProtocol = 0x08;
    public const ulong Datagrams = 0x33;

    /// <summary>Those of HTTP/2 without a counterpart. RFC 9114 §11.2.2.</summary>
    public static bool IsOfHttp2(ulong id) => id is 0x00 or 0x02 or 0x03 or 0x04 or 0x05;
}
