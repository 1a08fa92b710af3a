namespace Quiver.Protocol.Streams;

/// <summary>States of the receiving half. RFC 9000 §3.2.</summary>
internal enum ReceiveStreamState : byte
{
    Recv,
    SizeKnown,
    DataRecvd,
    DataRead,
    ResetRecvd,
    ResetRead,
}
