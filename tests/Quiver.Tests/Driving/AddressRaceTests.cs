using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using Microsoft.Extensions.Time.Testing;
using Quiver.Driving;
using Quiver.Tests.Infrastructure;

namespace Quiver.Tests.Driving;

/// <summary>Happy eyeballs on a clock that the test moves.</summary>
public sealed class AddressRaceTests
{
    private static readonly IPEndPoint s_first = new(IPAddress.Parse("2001:db8::1"), 443);
    private static readonly IPEndPoint s_second = new(IPAddress.Parse("192.0.2.1"), 443);
    private static readonly IPEndPoint s_third = new(IPAddress.Parse("2001:db8::2"), 443);

    [Fact]
    public void Families_take_turns_beginning_with_the_resolvers_first()
    {
        IPAddress[] addresses = [.. new[] { "::1", "::2", "::3", "10.0.0.1", "10.0.0.2", "::1" }.Select(IPAddress.Parse)];
        Assert.Equal(["::1", "10.0.0.1", "::2", "10.0.0.2", "::3"], AddressOrder.Interleave(addresses, 1).Select(end => end.Address.ToString()));
        Assert.Equal(16, AddressOrder.Interleave([.. Enumerable.Range(1, 100).Select(i => new IPAddress((long)i))], 1).Count);
        Assert.Empty(AddressOrder.Interleave([], 1));
    }

    [Fact]
    public async Task The_second_starts_after_the_delay_and_may_win()
    {
        var race = new Race();
        Task<Connection> result = race.RunAsync(s_first, s_second, s_third);
        Assert.Equal([s_first], race.Started);
        race.Time.Advance(AddressRace.AttemptDelay - TimeSpan.FromMilliseconds(1));
        await Task.Delay(20);
        Assert.Equal([s_first], race.Started);
        race.Time.Advance(TimeSpan.FromMilliseconds(1));
        await race.StartedAsync(2);
        race.Succeed(s_second);
        Assert.Equal(s_second, (await result.Soon()).EndPoint);
        Assert.Equal([s_first, s_second], race.Started);
        Assert.Equal([s_first], race.Cancelled);
    }

    [Fact]
    public async Task A_failure_starts_the_next_at_once()
    {
        var race = new Race();
        Task<Connection> result = race.RunAsync(s_first, s_second);
        race.Fail(s_first, new SocketException((int)SocketError.NetworkUnreachable));
        await race.StartedAsync(2);
        race.Succeed(s_second);
        Assert.Equal(s_second, (await result.Soon()).EndPoint);
    }

    [Fact]
    public async Task When_all_fail_the_first_failure_is_thrown()
    {
        var race = new Race();
        Task<Connection> result = race.RunAsync(s_first, s_second);
        race.Fail(s_first, new SocketException((int)SocketError.NetworkUnreachable));
        await race.StartedAsync(2);
        race.Fail(s_second, new QuicException(QuicError.ConnectionTimeout, null, "no answer"));
        SocketException e = await Assert.ThrowsAsync<SocketException>(() => result.Soon());
        Assert.Equal(SocketError.NetworkUnreachable, e.SocketErrorCode);
    }

    [Fact]
    public async Task A_server_that_is_not_trusted_ends_the_race()
    {
        var race = new Race();
        Task<Connection> result = race.RunAsync(s_first, s_second);
        race.Fail(s_first, new AuthenticationException("not trusted"));
        await Assert.ThrowsAsync<AuthenticationException>(() => result.Soon());
        Assert.Equal([s_first], race.Started);
    }

    [Fact]
    public async Task Cancelling_leaves_nothing_running()
    {
        var race = new Race();
        using var cancellation = new CancellationTokenSource();
        Task<Connection> result = race.RunAsync(cancellation.Token, s_first, s_second);
        race.Time.Advance(AddressRace.AttemptDelay);
        await race.StartedAsync(2);
        await cancellation.CancelAsync();
        OperationCanceledException e = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => result.Soon());
        Assert.Equal(cancellation.Token, e.CancellationToken);
        Assert.Equal([s_first, s_second], race.Cancelled.OrderBy(race.Started.IndexOf));
    }

    [Fact]
    public async Task A_loser_that_connects_all_the_same_is_disposed()
    {
        var race = new Race { IgnoresCancellation = true };
        Task<Connection> result = race.RunAsync(s_first, s_second);
        race.Time.Advance(AddressRace.AttemptDelay);
        await race.StartedAsync(2);
        race.Succeed(s_second);
        await Task.Delay(20);
        Connection late = race.Succeed(s_first);
        Assert.Equal(s_second, (await result.Soon()).EndPoint);
        Assert.True(late.IsDisposed);
        Assert.False((await result).IsDisposed);
    }

    private sealed class Race
    {
        private readonly Dictionary<IPEndPoint, TaskCompletionSource<Connection>> _attempts = [];

        public FakeTimeProvider Time { get; } = new();

        public List<IPEndPoint> Started { get; } = [];

        public List<IPEndPoint> Cancelled { get; } = [];

        public bool IgnoresCancellation { get; init; }

        public Task<Connection> RunAsync(params IPEndPoint[] addresses) => RunAsync(CancellationToken.None, addresses);

        public Task<Connection> RunAsync(CancellationToken cancellationToken, params IPEndPoint[] addresses) =>
            AddressRace.RunAsync(addresses, StartAsync, Time, cancellationToken);

        public async Task StartedAsync(int count)
        {
            while (true)
            {
                lock (_attempts)
                {
                    if (Started.Count >= count)
                    {
                        return;
                    }
                }

                await Task.Delay(1);
            }
        }

        public Connection Succeed(IPEndPoint endPoint)
        {
            var connection = new Connection(endPoint);
            _attempts[endPoint].SetResult(connection);
            return connection;
        }

        public void Fail(IPEndPoint endPoint, Exception error) => _attempts[endPoint].SetException(error);

        private Task<Connection> StartAsync(IPEndPoint endPoint, CancellationToken cancellationToken)
        {
            var attempt = new TaskCompletionSource<Connection>(TaskCreationOptions.RunContinuationsAsynchronously);
            lock (_attempts)
            {
                _attempts[endPoint] = attempt;
                Started.Add(endPoint);
            }

            if (!IgnoresCancellation)
            {
                cancellationToken.Register(() =>
                {
                    if (attempt.TrySetCanceled(cancellationToken))
                    {
                        Cancelled.Add(endPoint);
                    }
                });
            }

            return attempt.Task;
        }
    }

    private sealed class Connection(IPEndPoint endPoint) : IAsyncDisposable
    {
        public IPEndPoint EndPoint => endPoint;

        public bool IsDisposed { get; private set; }

        public ValueTask DisposeAsync()
        {
            IsDisposed = true;
            return ValueTask.CompletedTask;
        }
    }
}
