namespace Quiver.Tool.Perf;

/// <summary>Gives the first ticket that it got to everybody, again and again: what is measured is the handshake, and nobody listens.</summary>
internal sealed class OneTicketStore : ISessionTicketStore
{
    private readonly TaskCompletionSource<SessionTicket> _ticket = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task Received => _ticket.Task;

    public void Add(string scope, SessionTicket ticket) => _ticket.TrySetResult(ticket);

    public SessionTicket? Take(string scope) => _ticket.Task.IsCompletedSuccessfully ? _ticket.Task.Result : null;
}
