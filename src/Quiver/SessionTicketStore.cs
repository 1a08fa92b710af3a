namespace Quiver;

/// <summary>Keeps session tickets in memory, each for one use. When it is full, the server that was unused for longest is forgotten.</summary>
public sealed class SessionTicketStore : ISessionTicketStore
{
    /// <summary>Servers that <see cref="Shared"/> remembers.</summary>
    public const int DefaultCapacity = 256;

    /// <summary>Tickets kept for one server: as many connections can begin at once with one each.</summary>
    public const int MaxTicketsPerServer = 4;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, LinkedListNode<Entry>> _entries = new(StringComparer.Ordinal);
    private readonly LinkedList<Entry> _byUse = new();
    private readonly TimeProvider _time;
    private readonly int _capacity;

    /// <summary>Makes an empty store.</summary>
    /// <param name="capacity">Servers that are remembered at most.</param>
    /// <param name="timeProvider">Tells when tickets expire; null: the system's clock.</param>
    public SessionTicketStore(int capacity = DefaultCapacity, TimeProvider? timeProvider = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(capacity);
        _capacity = capacity;
        _time = timeProvider ?? TimeProvider.System;
    }

    /// <summary>The store of clients that name none.</summary>
    public static SessionTicketStore Shared { get; } = new();

    /// <summary>Tickets that are kept now.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _byUse.Sum(entry => entry.Tickets.Count);
            }
        }
    }

    /// <inheritdoc/>
    public void Add(string scope, SessionTicket ticket)
    {
        ArgumentNullException.ThrowIfNull(scope);
        ArgumentNullException.ThrowIfNull(ticket);
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
            List<SessionTicket> tickets = node.Value.Tickets;
            if (tickets.Count == MaxTicketsPerServer)
            {
                tickets.RemoveAt(0);
            }

            tickets.Add(ticket);
            if (_entries.Count > _capacity)
            {
                Remove(_byUse.First!); // There is one more than the capacity.
            }
        }
    }

    /// <inheritdoc/>
    public SessionTicket? Take(string scope)
    {
        ArgumentNullException.ThrowIfNull(scope);
        DateTimeOffset now = _time.GetUtcNow();
        lock (_lock)
        {
            if (!_entries.TryGetValue(scope, out LinkedListNode<Entry>? node))
            {
                return null;
            }

            List<SessionTicket> tickets = node.Value.Tickets;
            tickets.RemoveAll(ticket => ticket.ExpiresAt <= now);
            SessionTicket? newest = null;
            if (tickets.Count > 0)
            {
                newest = tickets[^1];
                tickets.RemoveAt(tickets.Count - 1);
            }

            if (tickets.Count == 0)
            {
                Remove(node);
            }

            return newest;
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

    private void Remove(LinkedListNode<Entry> node)
    {
        _entries.Remove(node.Value.Scope);
        _byUse.Remove(node);
    }

    private sealed class Entry(string scope)
    {
        public string Scope { get; } = scope;

        public List<SessionTicket> Tickets { get; } = [];
    }
}
