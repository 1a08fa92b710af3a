namespace Quiver.Protocol.Streams;

/// <summary>The receiving half. RFC 9000 §3.2.</summary>
internal sealed class ReceiveStream
{
    public ReceiveStreamState State => throw new NotSupportedException();

    /// <summary>Contiguous bytes ready to be read.</summary>
    public int Available => throw new NotSupportedException();

    /// <summary>The code of the peer's RESET_STREAM, if it came.</summary>
    public ulong? ResetErrorCode => throw new NotSupportedException();

    /// <summary>Whether all data was read and the end is known: a read gives 0 for ever.</summary>
    public bool IsAtEnd => throw new NotSupportedException();

    /// <summary>Whether <see cref="Stop"/> was called.</summary>
    public bool IsStopped => throw new NotSupportedException();

    /// <summary>Copies what is ready, up to the size of the destination; returns its length (0: nothing ready, or the end).</summary>
    public int Read(Span<byte> destination) => throw new NotSupportedException();

    /// <summary>STOP_SENDING, unless the end is already known and received; drops what is buffered. Idempotent.</summary>
    public void Stop(ulong errorCode) => throw new NotSupportedException();
}
