namespace Quiver.AspNetCore;

/// <summary>The QUIC connection that a request came by: <c>HttpContext.Features.Get&lt;IQuicConnectionFeature&gt;()</c>.</summary>
public interface IQuicConnectionFeature
{
    /// <summary>
    /// The connection: its version, paths, early data. Kestrel owns it, its streams and its end; look, but leave those alone.
    /// </summary>
    QuicConnection Connection { get; }

    /// <summary>Counts and measures of this moment: round-trip time, packets, bytes, streams.</summary>
    QuicConnectionStatistics GetStatistics();
}
