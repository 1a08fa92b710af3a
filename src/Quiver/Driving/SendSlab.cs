using System.Net.Sockets;
using Quiver.Protocol.Connections;
using Quiver.Protocol.Primitives;

namespace Quiver.Driving;

/// <summary>
/// Datagrams of one connection on their way out: built under the connection's lock, sent after it. Datagrams of one size to one place
/// go out in one call (GSO); a shorter one ends such a run, as the kernel wants it.
/// </summary>
internal sealed class SendSlab
{
    /// <summary>Below the largest UDP payload, so that one run of full datagrams is one call.</summary>
    private const int Capacity = 65_000;

    /// <summary>Room that the next datagram must have; a larger one is built shorter.</summary>
    private const int MinRoom = 1_500;

    private const int MaxRuns = 8;

    private readonly byte[] _buffer = new byte[Capacity];
    private readonly Run[] _runs = new Run[MaxRuns];
    private int _runCount;
    private int _length;

    public bool IsEmpty => _length == 0;

    /// <summary>Builds until the connection has nothing more (returns true) or the slab is full (returns false).</summary>
    public bool TryFill(Connection connection, int maxSegments, Timestamp now)
    {
        while (_length + MinRoom <= Capacity && _runCount < MaxRuns)
        {
            if (!connection.TryBuildDatagram(_buffer.AsSpan(_length), now, out OutgoingDatagram datagram))
            {
                return true;
            }

            Append(in datagram, maxSegments);
        }

        return false;
    }

    /// <summary>Sends everything and empties the slab; false with the last error if the system refused a run.</summary>
    public bool Send(ConnectionLoops loops, out SocketError error)
    {
        bool sent = true;
        error = SocketError.Success;
        for (int i = 0; i < _runCount; i++)
        {
            ref readonly Run run = ref _runs[i];
            OutgoingDatagram first = run.First;
            if (!loops.SocketOf(first.Local).Send(
                _buffer.AsSpan(run.Start, run.Length), first.Length, first.Local, first.Remote, first.Ecn, out SocketError runError))
            {
                sent = false;
                error = runError;
            }
        }

        _runCount = 0;
        _length = 0;
        return sent;
    }

    private void Append(in OutgoingDatagram datagram, int maxSegments)
    {
        if (_runCount > 0)
        {
            ref Run run = ref _runs[_runCount - 1];
            if (run.IsOpen && run.Segments < maxSegments && datagram.Length <= run.First.Length && run.First.SamePlace(in datagram))
            {
                run.Segments++;
                run.Length += datagram.Length;
                run.IsOpen = datagram.Length == run.First.Length;
                _length += datagram.Length;
                return;
            }
        }

        _runs[_runCount++] = new Run { First = datagram, Start = _length, Length = datagram.Length, Segments = 1, IsOpen = true };
        _length += datagram.Length;
    }

    private struct Run
    {
        public OutgoingDatagram First;
        public int Start;
        public int Length;
        public int Segments;
        public bool IsOpen;
    }
}
