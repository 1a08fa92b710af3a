namespace Quiver;

/// <summary>
/// Makes the connection ids of a <see cref="QuicEndpoint"/>, for example with a routing hint for a load balancer in them. Called on any
/// thread and with locks held, so it must be quick, must not block and must not call into Quiver. RFC 9000 §5.1.
/// </summary>
public interface IConnectionIdGenerator
{
    /// <summary>
    /// Bytes of each id, 0 to 20; never changes. Zero is for endpoints with one outgoing connection and no listener. Fewer than 4 bytes leave
    /// room for few connections, and fewer than 8 can be guessed.
    /// </summary>
    int Length { get; }

    /// <summary>
    /// Fills in one id. It should not be possible to tell from two ids that they belong to one connection, so most of it should be random or
    /// encrypted. An id that is in use is asked for again, a limited number of times.
    /// </summary>
    /// <param name="connectionId">All of it is to be filled: <see cref="Length"/> bytes.</param>
    void Generate(Span<byte> connectionId);
}
