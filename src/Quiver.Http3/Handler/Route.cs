namespace Quiver.Http3.Handler;

/// <summary>
/// Where an origin is served: at its own host and port, or at another that it named by Alt-Svc. The certificate is the origin's in either
/// case. RFC 7838 §2.
/// </summary>
internal readonly record struct Route(Origin Origin, string Host, int Port)
{
    public static Route Direct(Origin origin) => new(origin, origin.Host, origin.Port);

    public override string ToString() => $"{Origin} at {Host}:{Port}";
}
