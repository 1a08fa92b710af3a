using System.Net;
using Quiver.Protocol.Paths;

namespace Quiver;

/// <summary>
/// A way from one of this machine's addresses to the server that is known to work: made by <see cref="QuicConnection.AddPathAsync"/>, or
/// the one in use (<see cref="QuicConnection.CurrentPath"/>). RFC 9000 §9.
/// </summary>
public sealed class QuicPath : IAsyncDisposable
{
    private readonly QuicConnection _connection;
    private readonly NetworkPath _path;

    internal QuicPath(QuicConnection connection, NetworkPath path)
    {
        _connection = connection;
        _path = path;
    }

    /// <summary>Our address and port.</summary>
    public IPEndPoint LocalEndPoint => _path.Local.ToIPEndPoint();

    /// <summary>The peer's address and port.</summary>
    public IPEndPoint RemoteEndPoint => _path.Remote.ToIPEndPoint();

    /// <summary>Whether the connection goes this way now.</summary>
    public bool IsActive => _connection.Driver.Paths.ReadPath() == _path;

    /// <summary>
    /// Has the connection go this way from now on; does nothing if it does. The path that it leaves stays known, so that it can be gone
    /// back to. Between different IP addresses the congestion window and round-trip time begin anew. Does not wait.
    /// </summary>
    /// <param name="cancellationToken">Ignored: nothing is waited for.</param>
    /// <exception cref="InvalidOperationException">The connection is a server's: only clients migrate.</exception>
    /// <exception cref="ObjectDisposedException">The path, or the connection, was disposed; or the connection has gone to the server's preferred address, and this path leads to the old one.</exception>
    /// <exception cref="QuicException">The connection has ended.</exception>
    public ValueTask MigrateAsync(CancellationToken cancellationToken = default)
    {
        _connection.ThrowIfNoClient();
        _connection.Driver.Paths.Migrate(_path);
        return ValueTask.CompletedTask;
    }

    /// <summary>Gives the path up, with its socket and connection id. The one in use goes as soon as the connection has moved to another.</summary>
    public ValueTask DisposeAsync()
    {
        _connection.Driver.Paths.Remove(_path);
        return ValueTask.CompletedTask;
    }

    /// <summary>The path in words, for logs.</summary>
    public override string ToString() => $"QUIC path {LocalEndPoint} - {RemoteEndPoint}";
}
