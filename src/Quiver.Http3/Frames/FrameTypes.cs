namespace Quiver.Http3.Frames;

/// <summary>Types of frames. RFC 9114 §11.2.1, RFC 9218 §7.2.</summary>
internal static class FrameTypes
{
    public const ulong Data = 0x00;
    public const ulong Headers = 0x01;
    public const ulong CancelPush = 0x03;
    public const ulong Settings = 0x04;
    public const ulong PushPromise = 0x05;
    public const ulong GoAway = 0x07;
    public const ulong MaxPushId = 0x0d;
    public const ulong PriorityUpdateRequest = 0xf0700;
    public const ulong PriorityUpdatePush = 0xf0701;

    /// <summary>Those of HTTP/2 that HTTP/3 has no frame for: PRIORITY, PING, WINDOW_UPDATE, CONTINUATION. RFC 9114 §7.2.8.</summary>
    public static bool IsOfHttp2(ulong type) => type is 0x02 or 0x06 or 0x08 or 0x09;

    /// <summary>Those that only the control stream carries.</summary>
    public static bool IsControl(ulong type) =>
        type is CancelPush or Settings or GoAway or MaxPushId or PriorityUpdateRequest or PriorityUpdatePush;
}
