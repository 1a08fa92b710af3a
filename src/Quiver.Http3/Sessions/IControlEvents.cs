namespace Quiver.Http3.Sessions;

/// <summary>What the peer says on its control stream. Each throws <see cref="Http3ProtocolException"/> when it may not say so.</summary>
internal interface IControlEvents
{
    void OnSettings(Http3Settings settings);

    /// <summary>Of a server: requests from this stream id on are not processed. Of a client: pushes from this id on are not wanted.</summary>
    void OnGoAway(ulong id);

    /// <summary>A client's frame. RFC 9114 §7.2.7.</summary>
    void OnMaxPushId(ulong id);

    void OnCancelPush(ulong id);

    /// <summary>A client's frame. RFC 9218 §7.2.</summary>
    void OnPriorityUpdate(ulong streamId, ReadOnlySpan<byte> value);

    /// <summary>A client's frame. RFC 9218 §7.2.</summary>
    void OnPushPriorityUpdate(ulong pushId);
}
