namespace Quiver.Http3.Handler;

/// <summary>Whom an https URI is of: its host in ASCII and lower case, and its port. RFC 6454 §4, with the scheme left out: it is https always.</summary>
internal readonly record struct Origin(string Host, int Port)
{
    public static Origin Of(Uri uri) => new(uri.IdnHost.ToLowerInvariant(), uri.Port);

    public override string ToString() => $"https://{(Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]" : Host)}:{Port}";
}
