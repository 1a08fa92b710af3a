using Quiver.Protocol.Buffers;

namespace Quiver.Protocol.Streams;

/// <summary>
/// Send and receive buffers that streams of one connection have given back empty, for the next stream: a stream needs one only while it
/// holds data, and most are short. Used under the connection's lock.
/// </summary>
internal sealed class SpareBuffers
{
    /// <summary>Kept of each kind, at some 200 bytes.</summary>
    private const int MaxKept = 32;

    private readonly Stack<SendBuffer> _send = new();
    private readonly Stack<ReorderBuffer> _receive = new();

    /// <summary>An empty buffer that begins at the offset.</summary>
    public SendBuffer TakeSend(ulong offset)
    {
        SendBuffer buffer = _send.TryPop(out SendBuffer? spare) ? spare : new SendBuffer();
        buffer.StartAt(offset);
        return buffer;
    }

    public ReorderBuffer TakeReceive(ulong offset)
    {
        ReorderBuffer buffer = _receive.TryPop(out ReorderBuffer? spare) ? spare : new ReorderBuffer();
        buffer.StartAt(offset);
        return buffer;
    }

    /// <summary>Takes a buffer back; the caller must not touch it again.</summary>
    public void Return(SendBuffer buffer)
    {
        buffer.Clear();
        if (_send.Count < MaxKept)
        {
            _send.Push(buffer);
        }
    }

    public void Return(ReorderBuffer buffer)
    {
        buffer.Clear();
        if (_receive.Count < MaxKept)
        {
            _receive.Push(buffer);
        }
    }
}
