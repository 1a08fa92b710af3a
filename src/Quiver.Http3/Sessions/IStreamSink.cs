namespace Quiver.Http3.Sessions;

/// <summary>Takes the bytes of one of the peer's critical streams, in whatever pieces they come.</summary>
internal interface IStreamSink
{
    /// <summary>Throws <see cref="Http3ProtocolException"/>.</summary>
    void Receive(ReadOnlySpan<byte> bytes);
}
