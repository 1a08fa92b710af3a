using Quiver.Protocol.Recovery;

namespace Quiver.Protocol.Streams;

/// <summary>Streams that have control frames to send, first come first served.</summary>
internal sealed class StreamControlQueue : IFrameSource
{
    private readonly Queue<QuicStreamState> _queue = new();

    public bool HasFrames => _queue.Count > 0;

    public void Add(QuicStreamState stream)
    {
        if (!stream.IsControlQueued)
        {
            stream.IsControlQueued = true;
            _queue.Enqueue(stream);
        }
    }

    public void WriteFrames(ref PacketBuilder packet)
    {
        while (_queue.TryPeek(out QuicStreamState? stream))
        {
            stream.WriteControlFrames(ref packet);
            if (stream.HasControlFrames)
            {
                return; // no room left
            }

            stream.IsControlQueued = false;
            _queue.Dequeue();
        }
    }
}
