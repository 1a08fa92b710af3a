namespace Quiver.Http3.Sessions;

/// <summary>The peer's encoder stream. RFC 9204 §4.3.</summary>
internal sealed class InsertionSink(FieldSections sections) : IStreamSink
{
    public void Receive(ReadOnlySpan<byte> bytes) => sections.ReceiveInsertions(bytes);
}
