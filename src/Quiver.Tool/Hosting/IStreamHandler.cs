namespace Quiver.Tool.Hosting;

/// <summary>What a <see cref="QuicServer"/> does with what comes in.</summary>
internal interface IStreamHandler
{
    /// <summary>Serves one stream; the server disposes it afterwards.</summary>
    Task HandleAsync(QuicConnection connection, QuicStream stream, CancellationToken cancellationToken);

    void OnConnected(QuicConnection connection)
    {
    }

    void OnDisconnected(QuicConnection connection, string reason)
    {
    }

    void OnHandshakeFailed(Exception exception)
    {
    }

    void OnStreamFailed(QuicConnection connection, QuicStream stream, Exception exception)
    {
    }
}
