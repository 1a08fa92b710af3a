using Quiver.Protocol.Streams;

namespace Quiver.Simulation.Endpoints;

/// <summary>Sends a pattern that depends on the stream and the offset, and checks the pattern in what it receives.</summary>
internal sealed class SimStream : IStreamEvents
{
    private readonly byte[] _chunk = new byte[16 * 1024];
    private ulong _toSend;
    private ulong _sent;
    private bool _finish;

    public SimStream(SimConnection connection, QuicStreamState state)
    {
        Connection = connection;
        State = state;
        state.Events = this;
    }

    public SimConnection Connection { get; }

    public QuicStreamState State { get; }

    public ulong Sending => _toSend;

    public ulong Received { get; private set; }

    public bool IsEnded => State.Receive is { IsAtEnd: true };

    public bool IsSendFinished { get; private set; }

    public ulong? ResetCode { get; private set; }

    public ulong? StopCode { get; private set; }

    public bool IsFreed { get; private set; }

    /// <summary>Whether received bytes are read; a test may hold them back.</summary>
    public bool IsReading { get; set; } = true;

    public void Send(ulong bytes, bool finish = true)
    {
        _toSend += bytes;
        _finish = finish;
    }

    public void Act()
    {
        ActSend();
        while (IsReading && State.Receive is { Available: > 0 } receive)
        {
            int count = receive.Read(_chunk);
            for (int i = 0; i < count; i++)
            {
                if (!Connection.World.AllowsForeignData && _chunk[i] != Pattern(Received + (ulong)i))
                {
                    throw new InvalidOperationException($"stream {State.Id}: wrong byte at {Received + (ulong)i}");
                }
            }

            Received += (ulong)count;
        }
    }

    public void OnReadable()
    {
    }

    public void OnWritable()
    {
    }

    public void OnSendStopped(ulong errorCode) => StopCode = errorCode;

    public void OnSendFinished() => IsSendFinished = true;

    public void OnReceiveReset(ulong errorCode) => ResetCode = errorCode;

    public void OnStreamFreed() => IsFreed = true;

    private void ActSend()
    {
        if (State.Send is not SendStream send || send.IsFinishing || send.State >= SendStreamState.ResetSent)
        {
            return;
        }

        while (_sent < _toSend)
        {
            int size = (int)Math.Min((ulong)_chunk.Length, _toSend - _sent);
            for (int i = 0; i < size; i++)
            {
                _chunk[i] = Pattern(_sent + (ulong)i);
            }

            int taken = send.Write(_chunk.AsSpan(0, size));
            _sent += (ulong)taken;
            if (taken < size)
            {
                return;
            }
        }

        if (_finish)
        {
            send.Finish();
        }
    }

    private byte Pattern(ulong offset) => (byte)((offset * 31) + (offset >> 8) + State.Id.Value);
}
