using Quiver.Threading;

namespace Quiver.Driving;

/// <summary>A write that must wait: what the send buffer has not yet taken, and whether a FIN follows. Pooled.</summary>
internal sealed class WriteOperation : AsyncOperation<bool>
{
    private WriteHalf? _half;
    private ReadOnlyMemory<byte> _rest;

    /// <summary>Whether the half ends with this write.</summary>
    public bool IsLast { get; set; }

    public ReadOnlySpan<byte> Rest => _rest.Span;

    /// <summary>Under the lock.</summary>
    public static WriteOperation Start(WriteHalf half, object root, ReadOnlyMemory<byte> rest, bool isLast)
    {
        WriteOperation operation = OperationPool<WriteOperation>.Rent();
        operation._half = half;
        operation._rest = rest;
        operation.IsLast = isLast;
        operation.Begin(half.Guard, root);
        return operation;
    }

    /// <summary>After the lock.</summary>
    public ValueTask WaitAsync(CancellationToken cancellationToken) => DoneAsync(cancellationToken);

    /// <summary>Under the lock: the send buffer took so many bytes.</summary>
    public void Take(int count) => _rest = _rest[count..];

    public void Complete() => Decide(true);

    public void Fail(Exception error) => Decide(error);

    protected override void OnCancelled(CancellationToken cancellationToken)
    {
        Decide(new OperationCanceledException(cancellationToken));
        _half!.OnCancelled(); // Pending, so started.
    }

    protected override void OnFetched()
    {
        WriteHalf half = _half!; // Started.
        _half = null;
        _rest = default;
        half.OnFetched();
        OperationPool<WriteOperation>.Return(this);
    }
}
