using Quiver.Threading;

namespace Quiver.Driving;

/// <summary>A read that must wait: its buffer is filled by the thread that brings the data, under the lock that it holds anyway. Pooled.</summary>
internal sealed class ReadOperation : AsyncOperation<int>
{
    private ReadHalf? _half;
    private Memory<byte> _buffer;

    /// <summary>Under the lock.</summary>
    public static ReadOperation Start(ReadHalf half, object root, Memory<byte> buffer)
    {
        ReadOperation operation = OperationPool<ReadOperation>.Rent();
        operation._half = half;
        operation._buffer = buffer;
        operation.Begin(half.Guard, root);
        return operation;
    }

    /// <summary>After the lock.</summary>
    public ValueTask<int> WaitAsync(CancellationToken cancellationToken) => ResultAsync(cancellationToken);

    /// <summary>Under the lock, when pending: where the bytes go.</summary>
    public Span<byte> Destination => _buffer.Span;

    public void Complete(int count) => Decide(count);

    public void Fail(Exception error) => Decide(error);

    protected override void OnCancelled(CancellationToken cancellationToken)
    {
        Decide(new OperationCanceledException(cancellationToken));
        _half!.OnCancelled(); // Pending, so started.
    }

    protected override void OnFetched()
    {
        ReadHalf half = _half!; // Started.
        _half = null;
        _buffer = default;
        half.OnFetched();
        OperationPool<ReadOperation>.Return(this);
    }
}
