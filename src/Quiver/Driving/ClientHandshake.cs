using Quiver.Protocol.Connections;
using Quiver.Protocol.Tls;
using Quiver.Security;

namespace Quiver.Driving;

/// <summary>Sees a client's connection through its handshake: has the server's certificate checked and tells the caller how it went.</summary>
internal sealed class ClientHandshake(PeerCertificateRules rules) : IHandshakeHost
{
    private readonly TaskCompletionSource _completed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Succeeds when the handshake is complete, and fails when the connection ends first.</summary>
    public Task Completed => _completed.Task;

    /// <summary>Whose handshake it is; let go of when it is over.</summary>
    public QuicConnection? Connection { get; set; }

    public void OnSuspended(TlsSuspension suspension)
    {
        if (Connection is { } connection)
        {
            ThreadPool.UnsafeQueueUserWorkItem(new PeerCertificateCheck(connection.Driver, connection, rules), preferLocal: false);
        }
    }

    public void OnCompleted()
    {
        Connection?.OnHandshakeCompleted();
        _completed.TrySetResult();
    }

    public void OnClosed(CloseReason reason)
    {
        if (Connection is { } connection && _completed.TrySetException(CloseErrors.ToException(reason, connection.Driver.Closing.Describe())))
        {
            // Nobody may be waiting any more.
            _ = _completed.Task.Exception;
        }

        Connection = null;
    }
}
