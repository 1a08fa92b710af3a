namespace Quiver;

/// <summary>
/// Keeps the address tokens that servers give to clients, in memory, each for one use. When it is full, the server that was unused for
/// longest is forgotten. Thread-safe. RFC 9000 §8.1.3.
/// </summary>
public sealed class AddressTokenStore
{
    /// <summary>Servers that <see cref="Shared"/> remembers.</summary>
    public const int DefaultCapacity = 256;

    /// <summary>Tokens kept for one server; the oldest go first.</summary>
    public const int MaxTokensPerServer = 4;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, LinkedListNode<Entry>> _entries = new(StringComparer.Ordinal);
    private readonly LinkedList<Entry> _byUse = new();
    private readonly int _capacity;

    /// <summary>Makes an empty store.</summary>
    /// <param name="capacity">Servers that are remembered at most.</param>
    public AddressTokenStore(int capacity = DefaultCapacity)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(capacity);
        _capacity = capacity;
    }

    /// <summary>The store of clients that name none.</summary>
    public static AddressTokenStore Shared { get; } = new();

    /// <summary>For clients that are to keep and use no tokens.</summary>
    public static AddressTokenStore None { get; } = new();

    /// <summary>Tokens that are kept now.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _byUse.Sum(entry => entry.Tokens.Count);
            }
        }
    }

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        lock (_lock)
        {
            _entries.Clear();
            _byUse.Clear();
        }
    }

    internal void Add(string scope, byte[] token)
    {
        lock (_lock)
        {
            if (_entries.TryGetValue(scope, out LinkedListNode<Entry>? node))
            {
                _byUse.Remove(node);
            }
            else
            {
                node = new LinkedListNode<Entry>(new Entry(scope));
                _entries.Add(scope, node);
            }

            _byUse.AddLast(node);
            Queue<byte[]> tokens = node.Value.Tokens;
            if (tokens.Count == MaxTokensPerServer)
            {
                tokens.Dequeue();
            }

            tokens.Enqueue(token);
            if (_entries.Count > _capacity)
            {
                Remove(_byUse.First!); // There is one more than the capacity.
            }
        }
    }

    internal byte[]? Take(string scope)
    {
        lock (_lock)
        {
            if (!_entries.TryGetValue(scope, out LinkedListNode<Entry>? node))
            {
                return null;
            }

            byte[] token = node.Value.Tokens.Dequeue();
            if (node.Value.Tokens.Count == 0)
            {
                Remove(node);
            }

            return token;
        }
    }

    private void Remove(LinkedListNode<Entry> node)
    {
        _entries.Remove(node.Value.Scope);
        _byUse.Remove(node);
    }

    private sealed class Entry(string scope)
    {
        public string Scope { get; } = scope;

        public Queue<byte[]> Tokens { get; } = [];
    }
}
