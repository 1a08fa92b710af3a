using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using Quiver.Http3.Fields;
using Quiver.Http3.Qpack;

namespace Quiver.Http3;

/// <summary>
/// The fields of a header or trailer section, in their order. Names are in lower case and compared without regard to case; one character
/// of a value is one byte (Latin-1). What cannot be sent cannot be added. RFC 9114 §4.2. Not thread-safe.
/// </summary>
[SuppressMessage("Naming", "CA1710:Identifiers should have correct suffix", Justification = "They are called headers.")]
public sealed class Http3Headers : IReadOnlyCollection<KeyValuePair<string, string>>
{
    private readonly List<FieldLine> _lines = [];
    private bool _isReadOnly;

    /// <summary>Makes an empty list.</summary>
    public Http3Headers()
    {
    }

    /// <summary>What was received, from <paramref name="first"/> on: not to be changed.</summary>
    internal Http3Headers(List<FieldLine> received, int first)
    {
        _lines.EnsureCapacity(received.Count - first);
        for (int i = first; i < received.Count; i++)
        {
            Receive(received[i]);
        }

        _isReadOnly = true;
    }

    /// <summary>How many fields there are.</summary>
    public int Count => _lines.Count;

    internal ReadOnlySpan<FieldLine> Lines => CollectionsMarshal.AsSpan(_lines);

    /// <summary>The first value of that name, or null. Setting replaces all values of the name; null removes them.</summary>
    /// <param name="name">In any case.</param>
    public string? this[string name]
    {
        get => Find(FieldNames.ToLower(name)) is var index and >= 0 ? _lines[index].Value : null;
        set
        {
            Remove(name);
            if (value is not null)
            {
                Add(name, value);
            }
        }
    }

    /// <summary>Adds a field after the others.</summary>
    /// <param name="name">A token; not of HTTP/1.1's connections, such as <c>connection</c>.</param>
    /// <param name="value">Characters up to U+00FF, no control characters.</param>
    /// <exception cref="ArgumentException">One of them cannot be sent.</exception>
    /// <exception cref="InvalidOperationException">The fields were received, or have been sent.</exception>
    public void Add(string name, string value)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(value);
        ThrowIfReadOnly();
        string lower = FieldNames.ToLower(name);
        if (!FieldRules.IsName(lower))
        {
            throw new ArgumentException($"'{name}' is no name of a field.", nameof(name));
        }

        if (FieldRules.IsConnectionSpecific(lower))
        {
            throw new ArgumentException($"The field '{name}' is of HTTP/1.1; HTTP/3 has none such (RFC 9114 §4.2).", nameof(name));
        }

        if (!FieldRules.IsValue(value) || value.AsSpan().ContainsAnyExceptInRange('\0', '\u00ff'))
        {
            throw new ArgumentException($"The value of '{name}' has control characters, or some above U+00FF.", nameof(value));
        }

        _lines.Add(new FieldLine(lower, value));
    }

    /// <summary>Removes all fields of the name; false when there are none.</summary>
    /// <param name="name">In any case.</param>
    /// <exception cref="InvalidOperationException">The fields were received, or have been sent.</exception>
    public bool Remove(string name)
    {
        ThrowIfReadOnly();
        string lower = FieldNames.ToLower(name);
        return _lines.RemoveAll(line => line.Name == lower) > 0;
    }

    /// <summary>Whether there is a field of the name.</summary>
    /// <param name="name">In any case.</param>
    public bool Contains(string name) => Find(FieldNames.ToLower(name)) >= 0;

    /// <summary>All values of the name, in their order.</summary>
    /// <param name="name">In any case.</param>
    public IEnumerable<string> GetValues(string name)
    {
        string lower = FieldNames.ToLower(name);
        return _lines.Where(line => line.Name == lower).Select(line => line.Value);
    }

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<string, string>> GetEnumerator() =>
        _lines.Select(line => KeyValuePair.Create(line.Name, line.Value)).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>They were sent: a change would have no effect.</summary>
    internal void Freeze() => _isReadOnly = true;

    /// <summary>One of the library's own, known to be good.</summary>
    internal void AddKnown(string name, string value) => _lines.Add(new FieldLine(name, value));

    private void Receive(FieldLine line)
    {
        // RFC 9114 §4.2.1: cookies that were split for compression are one.
        if (line.Name == "cookie" && Find("cookie") is var index and >= 0)
        {
            _lines[index] = new FieldLine("cookie", $"{_lines[index].Value}; {line.Value}");
            return;
        }

        _lines.Add(line);
    }

    private int Find(string lower)
    {
        for (int i = 0; i < _lines.Count; i++)
        {
            if (_lines[i].Name == lower)
            {
                return i;
            }
        }

        return -1;
    }

    private void ThrowIfReadOnly()
    {
        if (_isReadOnly)
        {
            throw new InvalidOperationException("The fields were received, or have been sent, and cannot be changed.");
        }
    }
}
