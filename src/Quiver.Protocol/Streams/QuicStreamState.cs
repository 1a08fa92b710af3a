using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.Streams;

/// <summary>A stream of a connection: its id and its one or two halves. RFC 9000 §3. Used under the connection's lock.</summary>
internal sealed class QuicStreamState
{
    public StreamId Id => throw new NotSupportedException();

    /// <summary>Null on a unidirectional stream of the peer.</summary>
    public SendStream? Send => throw new NotSupportedException();

    /// <summary>Null on our own unidirectional stream.</summary>
    public ReceiveStream? Receive => throw new NotSupportedException();

    /// <summary>Who is told of what happens to the stream; set by the driver when it makes the handle.</summary>
    public IStreamEvents? Events { get; set; }
}
