namespace Quiver.Http3;

/// <summary>A message of the capsule protocol, which travels in the tunnel of an extended CONNECT. RFC 9297 §3.</summary>
/// <param name="Type">What it is; 0 to 2^62-1. <see cref="DatagramType"/> is defined by the RFC itself.</param>
/// <param name="Value">Its payload.</param>
public readonly record struct Http3Capsule(long Type, ReadOnlyMemory<byte> Value)
{
    /// <summary>An HTTP datagram on a connection without QUIC datagrams. RFC 9297 §3.5.</summary>
    public const long DatagramType = 0x00;
}
