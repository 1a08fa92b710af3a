using Quiver.Http3.Tests.Infrastructure;

namespace Quiver.Http3.Tests.Handler;

/// <summary>
/// Holds a server back until the client's request is out, or will not be before the handshake: on a busy machine the handshake could be over before the
/// request is written, which would then be no early data.
/// </summary>
internal sealed class EarlyGate
{
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(1);

    private int _tickets;
    private TaskCompletionSource _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Guard(Http3ServerOptions options)
    {
        options.ConfigureConnection = connection => connection.AllowEarlyData = true;
        options.ConfigureListener = listener =>
        {
            var answer = listener.ConnectionOptionsCallback;
            listener.ConnectionOptionsCallback = async (connection, hello, cancellationToken) =>
            {
                await _opened.Task;
                return await answer(connection, hello, cancellationToken);
            };
        };
    }

    /// <summary>Until the newest connection has a ticket for the next; it may come after the response.</summary>
    public Task TicketAsync() => Eventually.EqualAsync(true, () => Volatile.Read(ref _tickets) > 0);

    /// <summary>The handler's way to connect.</summary>
    public async ValueTask<QuicConnection> ConnectAsync(QuicClientConnectionOptions options, CancellationToken cancellationToken)
    {
        TaskCompletionSource opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _opened = opened;
        Volatile.Write(ref _tickets, 0);
        options.SessionTickets = new CountingStore(this, options.SessionTickets!); // The connection's own, which remembers settings.
        Task<QuicConnection> connecting = QuicConnection.ConnectAsync(options, cancellationToken).AsTask();
        _ = OpenAsync(opened, connecting);
        return await connecting;
    }

    private static async Task OpenAsync(TaskCompletionSource opened, Task<QuicConnection> connecting)
    {
        long end = Environment.TickCount64 + (long)s_longest.TotalMilliseconds;
        while (Environment.TickCount64 < end && !(connecting.IsCompletedSuccessfully && HasRequest(connecting.Result)))
        {
            await Task.Delay(10);
        }

        // It is opened, and written next.
        await Task.Delay(100);
        opened.SetResult();
    }

    private static bool HasRequest(QuicConnection connection) =>
        connection.GetStatistics().Streams.Any(streams => streams.Type == QuicStreamType.Bidirectional && streams.Count > 0);

    private sealed class CountingStore(EarlyGate gate, ISessionTicketStore inner) : ISessionTicketStore
    {
        public void Add(string scope, SessionTicket ticket)
        {
            inner.Add(scope, ticket);
            Interlocked.Increment(ref gate._tickets);
        }

        public SessionTicket? Take(string scope) => inner.Take(scope);
    }
}
