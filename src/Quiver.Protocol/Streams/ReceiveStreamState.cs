namespace Quiver.Protocol.Streams;

/// <summary>States of the receiving half. RFC 9000 §3.2.</summary>
internal enum ReceiveStreamState
{
    Recv,
    SizeKnown,
    DataRecvd,
    DataRead,
    ResetRecvd,
    ResetRead,
}
