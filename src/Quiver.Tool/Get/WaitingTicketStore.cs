namespace Quiver.Tool.Get;

/// <summary>Keeps tickets and tells when the first has come.</summary>
internal sealed class WaitingTicketStore : ISessionTicketStore
{
    private readonly SessionTicketStore _tickets = new();
    private readonly TaskCompletionSource _first = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes with the first ticket.</summary>
    public Task First => _first.Task;

    public void Add(string scope, SessionTicket ticket)
    {
        _tickets.Add(scope, ticket);
        _first.TrySetResult();
    }

    public SessionTicket? Take(string scope) => _tickets.Take(scope);
}
