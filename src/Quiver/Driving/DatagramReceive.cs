using Quiver.Protocol.Buffers;
using Quiver.Threading;

namespace Quiver.Driving;

/// <summary>The application's wait for a datagram: one at a time.</summary>
internal sealed class DatagramReceive(ConnectionDriver driver, MessageRing received) : AsyncOperation<int>
{
    private Memory<byte> _buffer;

    public ValueTask<int> ReceiveAsync(object root, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        driver.Enter();
        try
        {
            if (!IsIdle)
            {
                throw new InvalidOperationException("A ReceiveDatagramAsync is pending; one at a time.");
            }

            if (!received.IsEmpty)
            {
                return received.NextLength <= buffer.Length
                    ? new ValueTask<int>(received.Take(buffer.Span))
                    : ValueTask.FromException<int>(TooSmall(buffer));
            }

            if (driver.Closing.IsDisposed || driver.Closing.IsClosed)
            {
                return ValueTask.FromException<int>(driver.Closing.CreateException());
            }

            _buffer = buffer;
            Begin(driver, root);
        }
        finally
        {
            driver.Leave();
        }

        return ResultAsync(cancellationToken);
    }

    /// <summary>Under the lock: there is a datagram.</summary>
    public void OnReceived()
    {
        if (!IsPending)
        {
            return;
        }

        if (received.NextLength <= _buffer.Length)
        {
            Decide(received.Take(_buffer.Span));
        }
        else
        {
            Decide(TooSmall(_buffer));
        }

        _buffer = default;
    }

    /// <summary>Under the lock.</summary>
    public void OnConnectionClosed()
    {
        if (IsPending)
        {
            _buffer = default;
            Decide(driver.Closing.CreateException());
        }
    }

    protected override void OnCancelled(CancellationToken cancellationToken)
    {
        _buffer = default;
        Decide(new OperationCanceledException(cancellationToken));
    }

    private ArgumentException TooSmall(Memory<byte> buffer) => new(
        $"The next datagram has {received.NextLength} bytes, the buffer {buffer.Length}. The datagram stays: receive it with a larger buffer.");
}
