using System.Net;
using System.Net.Sockets;
using Quiver.Protocol.Primitives;

namespace Quiver.Sockets;

/// <summary>
/// A bound UDP socket that moves datagrams in batches. One thread, its loop, receives; any thread sends. Nothing allocates in
/// steady state. Disposing belongs to the loop's owner, after the loop has left <see cref="Receive"/>.
/// </summary>
internal interface IDatagramSocket : IDisposable
{
    IPEndPoint LocalEndPoint { get; }

    /// <summary>Whether the system's socket is closed.</summary>
    bool IsClosed { get; }

    /// <summary>Largest number of datagrams that one <see cref="Send"/> should carry: 1 where the system has no segmentation.</summary>
    int MaxSegments { get; }

    /// <summary>
    /// Waits until datagrams are there, <see cref="Wake"/> is called or the time-out passes, then reads as many as fit.
    /// Returns their count; 0 after a time-out or a wake. <see cref="Timeout.InfiniteTimeSpan"/> waits without limit. Loop thread only.
    /// </summary>
    int Receive(ReceiveBatch batch, TimeSpan timeout);

    /// <summary>
    /// Sends datagrams of <paramref name="segmentSize"/> bytes (the last may be shorter) to one address, from the address in
    /// <paramref name="local"/> unless that is unspecified. Any thread. False when they were not (all) sent: because the socket's
    /// buffer is full (<see cref="SocketError.WouldBlock"/>) or for the reason in <paramref name="error"/>. Either way they count as lost.
    /// </summary>
    bool Send(
        ReadOnlySpan<byte> datagrams, int segmentSize, in PathAddress local, in PathAddress remote, EcnCodepoint ecn, out SocketError error);

    /// <summary>Makes a <see cref="Receive"/> that waits, or the next one, return at once. Any thread.</summary>
    void Wake();
}
