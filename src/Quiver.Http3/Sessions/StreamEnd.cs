namespace Quiver.Http3.Sessions;

/// <summary>Ends streams without waiting for the peer's acknowledgment.</summary>
internal static class StreamEnd
{
    /// <summary>Both halves end: FIN if the write half is open, STOP_SENDING with the connection's default code if the read half is.</summary>
    public static void Release(QuicStream stream) => stream.Release();

    /// <summary>The write half ends with a FIN, unless it has ended.</summary>
    public static void Finish(QuicStream stream)
    {
        try
        {
            stream.CompleteWrites();
        }
        catch (ObjectDisposedException)
        {
            // Both halves had ended.
        }
    }

    /// <summary>Both halves end with the code.</summary>
    public static void Abort(QuicStream stream, Http3ErrorCode code)
    {
        stream.Abort(QuicAbortDirection.Both, (long)code);
        Release(stream);
    }
}
