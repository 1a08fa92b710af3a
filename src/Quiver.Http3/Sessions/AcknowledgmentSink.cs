namespace Quiver.Http3.Sessions;

/// <summary>The peer's decoder stream. RFC 9204 §4.4.</summary>
internal sealed class AcknowledgmentSink(FieldSections sections) : IStreamSink
{
    public void Receive(ReadOnlySpan<byte> bytes) => sections.ReceiveAcknowledgments(bytes);
}
