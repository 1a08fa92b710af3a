using System.Net.Security;

namespace Quiver.Driving;

/// <summary>An ordered list of application protocol names (ALPN). RFC 7301.</summary>
internal sealed class ProtocolNames
{
    private readonly SslApplicationProtocol[] _names;

    public ProtocolNames(IEnumerable<SslApplicationProtocol> names)
    {
        _names = [.. names];
        Wire = Array.ConvertAll(_names, name => name.Protocol);
    }

    public IReadOnlyList<ReadOnlyMemory<byte>> Wire { get; }

    public bool Contains(ReadOnlySpan<byte> name)
    {
        foreach (SslApplicationProtocol own in _names)
        {
            if (own.Protocol.Span.SequenceEqual(name))
            {
                return true;
            }
        }

        return false;
    }

    public bool TryFindShared(ProtocolNames other, out string name)
    {
        foreach (SslApplicationProtocol own in _names)
        {
            if (other.Contains(own.Protocol.Span))
            {
                name = own.ToString();
                return true;
            }
        }

        name = "";
        return false;
    }

    public override string ToString() => string.Join(", ", _names);
}
