using Quiver.Threading;

namespace Quiver.Driving;

/// <summary>The wait of a dispose until the stream is over on both sides. Pooled.</summary>
internal sealed class DisposeOperation : AsyncOperation<bool>
{
    /// <summary>Under the lock.</summary>
    public static DisposeOperation Start(ConnectionDriver connection)
    {
        DisposeOperation operation = OperationPool<DisposeOperation>.Rent();
        operation.Begin(connection, connection);
        return operation;
    }

    /// <summary>Once for each Start.</summary>
    public ValueTask WaitAsync() => DoneAsync(CancellationToken.None);

    /// <summary>Under the lock, once: the stream is over.</summary>
    public void Complete() => Decide(true);

    protected override void OnCancelled(CancellationToken cancellationToken) =>
        throw new NotSupportedException("A dispose cannot be cancelled.");

    protected override void OnFetched() => OperationPool<DisposeOperation>.Return(this);
}
