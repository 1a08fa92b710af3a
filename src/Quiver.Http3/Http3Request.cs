using System.Diagnostics.CodeAnalysis;
using System.IO.Pipelines;
using Quiver.Http3.Fields;
using Quiver.Http3.Server;

namespace Quiver.Http3;

/// <summary>What a client asks for. RFC 9114 §4.3.1. It is well-formed: malformed requests never reach a handler.</summary>
[SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable", Justification = "The stream holds nothing; the exchange ends.")]
public sealed class Http3Request
{
    private readonly ServerExchange _exchange;
    private readonly RequestBodyStream _stream;
    private PipeReader? _body;
    private Http3Headers? _trailers;

    internal Http3Request(ServerExchange exchange, Http3Context context, in RequestHead head, Http3Headers headers, Http3Priority priority)
    {
        _exchange = exchange;
        Method = head.Method;
        Scheme = head.Scheme;
        Authority = head.Authority;
        Path = head.Path;
        Protocol = head.Protocol;
        ContentLength = head.ContentLength < 0 ? null : head.ContentLength;
        Headers = headers;
        Priority = priority;
        _stream = new RequestBodyStream(exchange, context, headers.Contains("expect"));
    }

    /// <summary>GET, POST, CONNECT, ...</summary>
    public string Method { get; }

    /// <summary>Mostly "https"; null for a CONNECT that is not extended.</summary>
    public string? Scheme { get; }

    /// <summary>Host and perhaps port, of <c>:authority</c> or else the Host field; null only for schemes without.</summary>
    public string? Authority { get; }

    /// <summary>Path and query as they came, not decoded; null for a CONNECT that is not extended.</summary>
    public string? Path { get; }

    /// <summary>What an extended CONNECT asks for, such as "websocket"; otherwise null. RFC 9220 §3.</summary>
    public string? Protocol { get; }

    /// <summary>The header section. Cookies are in one field.</summary>
    public Http3Headers Headers { get; }

    /// <summary>What the client says of the length of its content; null: nothing. What comes is held to it. RFC 9114 §4.1.2.</summary>
    public long? ContentLength { get; }

    /// <summary>How urgent the response was to the client when the request came. The transport knows. RFC 9218.</summary>
    public Http3Priority Priority { get; }

    /// <summary>Whether something of it came as early data, which an attacker may have sent again. RFC 8470.</summary>
    public bool IsEarlyData => _exchange.Stream.HasEarlyData;

    /// <summary>
    /// The content, as it comes. Reading it sends 100 (Continue) to a client that waits for it. Need not be read: what is left when the handler
    /// returns is refused with H3_NO_ERROR. For the tunnel of a CONNECT see <see cref="Http3Context.AcceptTunnelAsync"/>.
    /// </summary>
    public PipeReader Body => _body ??= PipeReader.Create(_stream, new StreamPipeReaderOptions(leaveOpen: true));

    /// <summary>The same as a stream. Use one or the other.</summary>
    public Stream BodyStream => _stream;

    /// <summary>The trailer section, once the content was read to its end; null before, and when there is none.</summary>
    public Http3Headers? Trailers =>
        _trailers ??= _exchange.Reader is { IsAtEnd: true, Trailers: { } lines } ? new Http3Headers(lines, first: 0) : null;

    /// <summary>The handler has returned.</summary>
    internal void Complete() => _body?.Complete();
}
