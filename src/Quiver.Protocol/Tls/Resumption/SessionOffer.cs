namespace Quiver.Protocol.Tls.Resumption;

/// <summary>A session that a client offers to resume.</summary>
internal sealed record SessionOffer(TlsSession Session)
{
    /// <summary>Since the ticket was received. RFC 9846 §4.3.11.1.</summary>
    public required TimeSpan Age { get; init; }

    /// <summary>Whether data goes out before the server's answer, if the ticket allows it. RFC 9846 §2.3.</summary>
    public bool WithEarlyData { get; init; }

    /// <summary>Whether the kept certificates must be judged again when the server resumes: the rules are not those that once found them good.</summary>
    public bool NeedsVerdict { get; init; }

    public bool HasEarlyData => WithEarlyData && Session.AllowsEarlyData;

    public uint ObfuscatedAge => unchecked((uint)(long)Age.TotalMilliseconds + Session.AgeAdd);
}
