namespace Quiver.Protocol.Streams;

/// <summary>The sending half. RFC 9000 §3.1.</summary>
internal sealed class SendStream
{
    public SendStreamState State => throw new NotSupportedException();

    /// <summary>The code of the peer's STOP_SENDING, if it came.</summary>
    public ulong? StopErrorCode => throw new NotSupportedException();

    /// <summary>Whether <see cref="Finish"/> was called.</summary>
    public bool IsFinishing => throw new NotSupportedException();

    /// <summary>Copies as much as the buffer takes (0 when full; OnWritable follows) and returns how much. Not after Finish or Reset.</summary>
    public int Write(ReadOnlySpan<byte> data) => throw new NotSupportedException();

    /// <summary>No more data: FIN goes with or after the last byte. Idempotent.</summary>
    public void Finish() => throw new NotSupportedException();

    /// <summary>RESET_STREAM, unless everything was acknowledged. Idempotent; drops what is buffered.</summary>
    public void Reset(ulong errorCode) => throw new NotSupportedException();
}
