namespace Quiver.Protocol.Streams;

/// <summary>What a stream tells its handle. Runs under the connection's lock: note the fact, wake the application afterwards.</summary>
internal interface IStreamEvents
{
    /// <summary>There is data to read, or the end is known, or the peer reset the stream.</summary>
    void OnReadable();

    /// <summary>The send buffer has room again.</summary>
    void OnWritable();

    /// <summary>The peer sent STOP_SENDING: writes fail with its code from now on (the reset is answered by the core). RFC 9000 §3.5.</summary>
    void OnSendStopped(ulong errorCode);

    /// <summary>All data and the FIN, or our RESET_STREAM, were acknowledged.</summary>
    void OnSendFinished();

    /// <summary>The peer sent RESET_STREAM; buffered data was dropped.</summary>
    void OnReceiveReset(ulong errorCode);

    /// <summary>Both halves are done on the wire; the connection has forgotten the stream.</summary>
    void OnStreamFreed();
}
