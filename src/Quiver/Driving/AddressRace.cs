using System.Net;
using System.Security.Authentication;

namespace Quiver.Driving;

/// <summary>
/// Tries the addresses of a name one after the other, each a moment after the last and without waiting for its end; the first that
/// connects wins, the others are cancelled and gone before this returns. RFC 8305 §5.
/// </summary>
internal static class AddressRace
{
    /// <summary>The Connection Attempt Delay that RFC 8305 §8 recommends.</summary>
    public static readonly TimeSpan AttemptDelay = TimeSpan.FromMilliseconds(250);

    /// <summary>Runs the race; throws the first attempt's failure when all fail, and at once what TLS has against a server that answered.</summary>
    public static async Task<T> RunAsync<T>(
        IReadOnlyList<IPEndPoint> addresses, Func<IPEndPoint, CancellationToken, Task<T>> connect, TimeProvider time, CancellationToken cancellationToken)
        where T : IAsyncDisposable
    {
        using var losers = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        List<Task<T>> running = [];
        List<Exception> failures = [];
        try
        {
            int next = 0;
            while (true)
            {
                if (next < addresses.Count)
                {
                    running.Add(connect(addresses[next++], losers.Token));
                }

                (bool isWon, T? winner) = await FirstToConnectAsync(
                    running, failures, isTimed: next < addresses.Count, time, cancellationToken).ConfigureAwait(false);
                if (isWon)
                {
                    return winner!; // Won.
                }

                if (running.Count == 0 && next == addresses.Count)
                {
                    throw failures[0];
                }
            }
        }
        finally
        {
            await losers.CancelAsync().ConfigureAwait(false);
            foreach (Task<T> loser in running)
            {
                await DropAsync(loser).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Waits for a connection, taken out of the list; there is none when it is time for the next attempt, or when one has failed.</summary>
    private static async Task<(bool IsWon, T? Winner)> FirstToConnectAsync<T>(
        List<Task<T>> running, List<Exception> failures, bool isTimed, TimeProvider time, CancellationToken cancellationToken)
    {
        using var delayEnded = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task delay = Task.Delay(isTimed ? AttemptDelay : Timeout.InfiniteTimeSpan, time, delayEnded.Token);
        Task done = await Task.WhenAny([.. running, delay]).ConfigureAwait(false);
        await delayEnded.CancelAsync().ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        if (done == delay)
        {
            return default;
        }

        var attempt = (Task<T>)done;
        running.Remove(attempt);
        try
        {
            return (true, await attempt.ConfigureAwait(false));
        }
        catch (AuthenticationException)
        {
            throw;
        }
        catch (Exception e)
        {
            failures.Add(e);
            return default;
        }
    }

    private static async Task DropAsync<T>(Task<T> loser)
        where T : IAsyncDisposable
    {
        try
        {
            await (await loser.ConfigureAwait(false)).DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (e is OperationCanceledException or QuicException or IOException or AuthenticationException or System.Net.Sockets.SocketException)
        {
            // It lost: how does not matter.
        }
    }
}
