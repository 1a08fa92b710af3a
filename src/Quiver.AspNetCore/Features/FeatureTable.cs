using System.Collections;
using Microsoft.AspNetCore.Http.Features;

namespace Quiver.AspNetCore.Features;

/// <summary>
/// Features of a connection or stream: a handful that it has itself, what others add, and behind them those of the connection. Looked up
/// several times for each request, so it is a short array and no dictionary. Like every feature collection not thread-safe.
/// </summary>
internal sealed class FeatureTable(IFeatureCollection? behind) : IFeatureCollection
{
    private KeyValuePair<Type, object>[] _own = [];
    private KeyValuePair<Type, object>[] _entries = [];
    private int _count;
    private int _revision;

    public bool IsReadOnly => false;

    public int Revision => _revision + (behind?.Revision ?? 0);

    public object? this[Type key]
    {
        get => Find(key) is >= 0 and var index ? _entries[index].Value : behind?[key];
        set
        {
            ArgumentNullException.ThrowIfNull(key);
            _revision++;
            int index = Find(key);
            if (value is null)
            {
                Remove(index);
            }
            else if (index >= 0)
            {
                _entries[index] = new(key, value);
            }
            else
            {
                Add(key, value);
            }
        }
    }

    /// <summary>What is there now is what <see cref="Reset"/> goes back to.</summary>
    public void Seal() => _own = _entries.AsSpan(0, _count).ToArray();

    /// <summary>Forgets what was added or replaced since <see cref="Seal"/>.</summary>
    public void Reset()
    {
        if (_revision == 0)
        {
            return;
        }

        _revision = 0;
        Array.Clear(_entries);
        _own.CopyTo(_entries, 0);
        _count = _own.Length;
    }

    public TFeature? Get<TFeature>() => (TFeature?)this[typeof(TFeature)];

    public void Set<TFeature>(TFeature? instance) => this[typeof(TFeature)] = instance;

    /// <summary>One of the owner's own.</summary>
    public void Own<TFeature>(TFeature instance)
        where TFeature : class => Add(typeof(TFeature), instance);

    public IEnumerator<KeyValuePair<Type, object>> GetEnumerator()
    {
        for (int i = 0; i < _count; i++)
        {
            yield return _entries[i];
        }

        foreach (KeyValuePair<Type, object> entry in behind ?? Enumerable.Empty<KeyValuePair<Type, object>>())
        {
            if (Find(entry.Key) < 0)
            {
                yield return entry;
            }
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private int Find(Type key)
    {
        KeyValuePair<Type, object>[] entries = _entries;
        for (int i = 0; i < _count; i++)
        {
            if (entries[i].Key == key)
            {
                return i;
            }
        }

        return -1;
    }

    private void Add(Type key, object value)
    {
        if (_count == _entries.Length)
        {
            Array.Resize(ref _entries, Math.Max(8, 2 * _count));
        }

        _entries[_count++] = new(key, value);
    }

    private void Remove(int index)
    {
        if (index >= 0)
        {
            _entries[index] = _entries[--_count];
            _entries[_count] = default;
        }
    }
}
