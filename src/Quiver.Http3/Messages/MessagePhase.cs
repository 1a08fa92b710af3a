namespace Quiver.Http3.Messages;

/// <summary>
/// Where in its message a request stream is. RFC 9114 §4.1.
/// <code>
///   Head ── HEADERS (final) ──▶ Content ── HEADERS ──▶ Trailers ── FIN ──▶ End
///    └ HEADERS (1xx) ┘            └ DATA ┘
///   Head ── HEADERS of CONNECT ──▶ Tunnel (DATA only) ── FIN ──▶ End
/// </code>
/// </summary>
internal enum MessagePhase : byte
{
    Head,
    Content,
    Trailers,
    Tunnel,
    End,
}
