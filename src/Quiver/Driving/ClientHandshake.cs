using Quiver.Protocol.Connections;
using Quiver.Protocol.Tls;
using Quiver.Security;

namespace Quiver.Driving;

/// <summary>Sees a client's connection through its handshake: has the server's certificate checked and tells the caller how it went.</summary>
internal sealed class ClientHandshake(PeerCertificateRules rules) : IHandshakeHost
{
    private PeerCertificateRules? _rules = rules;

    private readonly TaskCompletionSource _completed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Succeeds when the handshake is complete, and fails when the connection ends first.</summary>
    public Task Completed => _completed.Task;

    /// <summary>Whose handshake it is; let go of when it is over, as are the rules: from then on only the application keeps the handle alive.</summary>
    public QuicConnection? Connection { get; set; }

    public void OnSuspended(TlsSuspension suspension)
    {
        if (Connection is { } connection && _rules is { } rules)
        {
            ThreadPool.UnsafeQueueUserWorkItem(new PeerCertificateCheck(connection.Driver, connection, rules), preferLocal: false);
        }
    }

    public void OnCompleted()
    {
        Connection?.OnHandshakeCompleted();
        _completed.TrySetResult();
        LetGo();
    }

    public void OnClosed(CloseReason reason)
    {
        if (Connection is { } connection && _completed.TrySetException(CloseErrors.ToException(reason, connection.Driver.Closing.Describe())))
        {
            // Nobody may be waiting any more.
            _ = _completed.Task.Exception;
        }

        LetGo();
    }

    private void LetGo()
    {
        Connection = null;
        _rules = null;
    }
}
