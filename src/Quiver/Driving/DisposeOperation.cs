using Quiver.Threading;

namespace Quiver.Driving;

/// <summary>The wait of a dispose until the stream is over on both sides.</summary>
internal sealed class DisposeOperation(ConnectionDriver connection) : AsyncOperation<bool>(connection)
{
    /// <summary>Under the lock, once.</summary>
    public ValueTask StartAsync()
    {
        Begin(this);
        return DoneAsync(CancellationToken.None);
    }

    /// <summary>Under the lock: the stream is over.</summary>
    public void OnOver()
    {
        if (IsPending)
        {
            Decide(true);
        }
    }

    protected override void OnCancelled(CancellationToken cancellationToken) =>
        throw new NotSupportedException("A dispose cannot be cancelled.");
}
