using Quiver.Protocol.Recovery;
using Quiver.Protocol.Streams;

namespace Quiver.Protocol.Datagrams;

/// <summary>
/// Data of the application, by priority: a datagram goes before streams of its own priority, which it would not catch up with.
/// RFC 9221 §5.1. What a datagram that does not fit leaves free is for streams.
/// </summary>
internal sealed class ApplicationFrames(DatagramQueue datagrams, StreamScheduler streams, Func<int> emptyPacketRoom) : IFrameSource
{
    public bool HasFrames => streams.HasFrames || !datagrams.IsEmpty;

    public void WriteFrames(ref PacketBuilder packet)
    {
        if (!datagrams.IsEmpty)
        {
            int room = emptyPacketRoom();
            bool fits = true;
            while (fits && !datagrams.IsEmpty)
            {
                if (streams.HasFrames && streams.TopPriority > datagrams.TopPriority)
                {
                    streams.WriteFrames(ref packet, above: datagrams.TopPriority);
                    if (streams.HasFrames && streams.TopPriority > datagrams.TopPriority)
                    {
                        return;
                    }
                }

                fits = datagrams.TryWriteFrame(ref packet, room);
            }
        }

        streams.WriteFrames(ref packet);
    }
}
