namespace Quiver.Protocol.Paths;

/// <summary>PATH_CHALLENGEs that wait for their answer, which goes back where the challenge came from. RFC 9000 §8.2.2.</summary>
internal sealed class PathResponder
{
    /// <summary>Challenges kept; older ones are dropped, since a peer repeats what it needs. As quiche's three and one more.</summary>
    public const int MaxPending = 4;

    private readonly Queue<PendingResponse> _pending = new();

    public int Count => _pending.Count;

    public void OnChallenge(ulong data, NetworkPath path)
    {
        if (_pending.Count == MaxPending)
        {
            _pending.Dequeue();
        }

        _pending.Enqueue(new PendingResponse(data, path));
    }

    public PendingResponse Take() => _pending.Dequeue();

    internal readonly record struct PendingResponse(ulong Data, NetworkPath Path);
}
