namespace Quiver.AspNetCore;

/// <summary>The QUIC stream of a request: <c>HttpContext.Features.Get&lt;IQuicStreamFeature&gt;()</c>.</summary>
public interface IQuicStreamFeature
{
    /// <summary>
    /// Whether something of the request came as early data (0-RTT), which an attacker may have sent again: answer 425 (Too Early) if it must
    /// not be done twice. RFC 8470 §5.2.
    /// </summary>
    bool HasEarlyData { get; }

    /// <summary>Whose answer is sent first when not all can be: 255 is the highest. See <see cref="QuicStream.Priority"/>.</summary>
    byte Priority { get; set; }

    /// <summary>Whether answers of one priority take turns. See <see cref="QuicStream.IsIncremental"/>.</summary>
    bool IsIncremental { get; set; }
}
