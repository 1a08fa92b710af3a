namespace Quiver.Driving;

/// <summary>
/// Streams whose handles the garbage collector took, from the finalizer's thread to the holder of the connection's lock. Allocates for
/// each, but only where something leaks.
/// </summary>
internal sealed class LostHandles
{
    private Node? _first;

    /// <summary>Adds one, without waiting; true when there was none.</summary>
    public bool Add(StreamDriver stream)
    {
        var node = new Node(stream);
        Node? first;
        do
        {
            first = Volatile.Read(ref _first);
            node.Next = first;
        }
        while (Interlocked.CompareExchange(ref _first, node, first) != first);
        return first is null;
    }

    /// <summary>Sees to all of them; with the connection's lock held.</summary>
    public void Drop()
    {
        for (Node? node = Interlocked.Exchange(ref _first, null); node is not null; node = node.Next)
        {
            node.Stream.Drop();
        }
    }

    private sealed class Node(StreamDriver stream)
    {
        public StreamDriver Stream => stream;

        public Node? Next { get; set; }
    }
}
