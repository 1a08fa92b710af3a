namespace Quiver.Driving;

/// <summary>How one half of a stream ended, with the peer's code. The exception is made only when somebody asks for it.</summary>
internal readonly record struct HalfOutcome(HalfEnd End, ulong Code)
{
    public Exception CreateException(StreamDriver stream, string half) => End switch
    {
        HalfEnd.AbortedByPeer => new QuicException(
            QuicError.StreamAborted,
            (long)Code,
            $"The peer aborted the {half} side of stream {stream.State.Id} with error code {Code}."),
        HalfEnd.EarlyDataRejected => new QuicException(
            QuicError.EarlyDataRejected,
            $"The server did not take the early data of stream {stream.State.Id}: nothing of it was processed. Use a new stream of the {stream.Connection.Closing.Describe()}."),
        HalfEnd.ConnectionClosed => stream.Connection.Closing.CreateStreamException(),
        _ => new QuicException(
            QuicError.OperationAborted,
            $"The {half} side of stream {stream.State.Id} was ended from this side by an abort, a cancelled operation or a dispose."),
    };
}
