namespace Quiver.Protocol.Streams;

/// <summary>States of the sending half. RFC 9000 §3.1.</summary>
internal enum SendStreamState : byte
{
    Ready,
    Send,
    DataSent,
    DataRecvd,
    ResetSent,
    ResetRecvd,
}
