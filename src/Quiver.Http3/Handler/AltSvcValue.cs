namespace Quiver.Http3.Handler;

/// <summary>One alternative of an Alt-Svc field (RFC 7838 §3): protocol, host (empty: the origin's), port, how long it counts.</summary>
internal readonly record struct AltSvcValue(string Protocol, string Host, int Port, TimeSpan MaxAge, bool IsPersistent);
