using System.Net;
using Quiver.Tests.Infrastructure;

namespace Quiver.Tests;

/// <summary>Who is let in, who has to prove an address first, and who is refused.</summary>
public sealed class AdmissionTests
{
    private static readonly IPEndPoint s_any = new(IPAddress.Loopback, 0);

    [Theory]
    [InlineData(QuicRetryPolicy.Always)]
    [InlineData(QuicRetryPolicy.Never)]
    [InlineData(QuicRetryPolicy.Automatic)]
    public async Task Every_policy_connects(QuicRetryPolicy policy)
    {
        QuicListenerOptions options = Loopback.ListenerOptions();
        options.RetryPolicy = policy;
        options.RetryThreshold = 0;
        await using QuicListener listener = await QuicListener.ListenAsync(options).Soon();
        await using QuicConnection client = await QuicConnection.ConnectAsync(ClientOptions(listener, new AddressTokenStore())).Soon();
        await using QuicConnection server = await listener.AcceptConnectionAsync().Soon();
        await EndpointTests.EchoAsync(client, server);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_callback_is_asked_on_the_thread_pool_about_clients_without_a_token(bool answer)
    {
        int asked = 0;
        IPEndPoint? about = null;
        bool isPool = false;
        QuicListenerOptions options = Loopback.ListenerOptions();
        options.RetryPolicy = QuicRetryPolicy.Never;
        options.RetryCallback = client =>
        {
            Interlocked.Increment(ref asked);
            about = client;
            isPool = Thread.CurrentThread.IsThreadPoolThread;
            return answer;
        };
        await using QuicListener listener = await QuicListener.ListenAsync(options).Soon();
        var store = new AddressTokenStore();
        QuicConnection first = await QuicConnection.ConnectAsync(ClientOptions(listener, store)).Soon();
        Assert.Equal((1, true), (asked, isPool));
        Assert.Equal(first.LocalEndPoint, about);
        await EndpointTests.UntilAsync(() => store.Count == 1);
        await first.DisposeAsync();

        // With the token of the first connection, which is then used up.
        await using QuicConnection second = await QuicConnection.ConnectAsync(ClientOptions(listener, store)).Soon();
        Assert.Equal(1, asked);
        await using QuicConnection third = await QuicConnection.ConnectAsync(ClientOptions(listener, AddressTokenStore.None)).Soon();
        Assert.Equal(2, asked);
    }

    [Fact]
    public async Task A_callback_that_throws_costs_a_retry_and_no_more()
    {
        QuicListenerOptions options = Loopback.ListenerOptions();
        options.RetryCallback = _ => throw new FormatException("mine");
        await using QuicListener listener = await QuicListener.ListenAsync(options).Soon();
        await using QuicConnection client = await QuicConnection.ConnectAsync(ClientOptions(listener, AddressTokenStore.None)).Soon();
        Assert.NotNull(client);
    }

    [Fact]
    public async Task No_tokens_are_given_when_the_listener_says_so()
    {
        QuicListenerOptions options = Loopback.ListenerOptions();
        options.SendAddressTokens = false;
        await using QuicListener listener = await QuicListener.ListenAsync(options).Soon();
        var store = new AddressTokenStore();
        await using QuicConnection client = await QuicConnection.ConnectAsync(ClientOptions(listener, store)).Soon();
        await using QuicConnection server = await listener.AcceptConnectionAsync().Soon();
        await EndpointTests.EchoAsync(client, server);
        Assert.Equal(0, store.Count);
    }

    [Fact]
    public async Task A_server_takes_the_tokens_of_another_that_has_its_keys()
    {
        byte[] key = new byte[SessionTicketKeyRing.KeyLength];
        var store = new AddressTokenStore();
        int asked = 0;
        QuicEndpoint one = QuicEndpoint.Bind(s_any, new QuicEndpointOptions { TokenKeys = new SessionTicketKeyRing([key]) });
        await using (QuicListener listener = await one.ListenAsync(Counting()).Soon())
        {
            await using QuicConnection client = await QuicConnection.ConnectAsync(ClientOptions(listener, store)).Soon();
            await EndpointTests.UntilAsync(() => store.Count == 1);
        }

        await one.DisposeAsync().Soon();
        Assert.Equal(1, asked);
        await using QuicEndpoint two = QuicEndpoint.Bind(one.LocalEndPoint, new QuicEndpointOptions { TokenKeys = new SessionTicketKeyRing([key]) });
        await using QuicListener next = await two.ListenAsync(Counting()).Soon();
        await using QuicConnection again = await QuicConnection.ConnectAsync(ClientOptions(next, store)).Soon();
        Assert.Equal(1, asked);

        QuicListenerOptions Counting()
        {
            QuicListenerOptions options = EndpointTests.ListenerOptions();
            options.RetryCallback = _ => Interlocked.Increment(ref asked) > 0;
            return options;
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Handshakes_are_capped_and_established_connections_go_on(bool byMemory)
    {
        var gate = new TaskCompletionSource();
        bool isSlow = false;
        await using QuicEndpoint endpoint = QuicEndpoint.Bind(
            s_any, byMemory ? new QuicEndpointOptions { MaxHandshakeMemory = 300_000 } : new QuicEndpointOptions { MaxHandshakes = 2 });
        QuicListenerOptions options = EndpointTests.ListenerOptions();
        options.ConnectionOptionsCallback = async (_, _, _) =>
        {
            if (isSlow)
            {
                await gate.Task;
            }

            return Loopback.ServerOptions();
        };
        await using QuicListener listener = await endpoint.ListenAsync(options).Soon();
        await using QuicConnection client = await QuicConnection.ConnectAsync(ClientOptions(listener, AddressTokenStore.None)).Soon();
        await using QuicConnection server = await listener.AcceptConnectionAsync().Soon();
        isSlow = true;
        Task<QuicConnection>[] waiting =
        [
            QuicConnection.ConnectAsync(ClientOptions(listener, AddressTokenStore.None)).Soon(),
            QuicConnection.ConnectAsync(ClientOptions(listener, AddressTokenStore.None)).Soon(),
        ];
        QuicException e = null!;
        await EndpointTests.UntilAsync(() => listener.UnderWay == 2);
        for (int i = 0; i < 5; i++)
        {
            e = await Assert.ThrowsAsync<QuicException>(() => QuicConnection.ConnectAsync(ClientOptions(listener, AddressTokenStore.None)).Soon());
        }

        Assert.Equal(QuicError.ConnectionRefused, e.QuicError);
        Assert.Equal(2, listener.UnderWay);
        await EndpointTests.EchoAsync(client, server);
        gate.SetResult();
        QuicConnection[] late = await Task.WhenAll(waiting);
        QuicConnection[] accepted = [await listener.AcceptConnectionAsync().Soon(), await listener.AcceptConnectionAsync().Soon()];
        foreach (QuicConnection connection in late.Concat(accepted))
        {
            await connection.DisposeAsync().Soon();
        }

        await EndpointTests.UntilAsync(() => listener.UnderWay == 0);
        await using QuicConnection last = await QuicConnection.ConnectAsync(ClientOptions(listener, AddressTokenStore.None)).Soon();
    }

    [Fact]
    public async Task Under_a_flood_of_handshakes_Retry_turns_on_by_itself_and_off_after()
    {
        const int Threshold = 3;
        var gate = new TaskCompletionSource();
        bool isSlow = false;
        QuicListenerOptions options = Loopback.ListenerOptions();
        options.RetryThreshold = Threshold;
        options.ConnectionOptionsCallback = async (_, _, _) =>
        {
            if (isSlow)
            {
                await gate.Task;
            }

            return Loopback.ServerOptions();
        };
        await using QuicListener listener = await QuicListener.ListenAsync(options).Soon();
        await using QuicConnection client = await ConnectAsync();
        await using QuicConnection server = await listener.AcceptConnectionAsync().Soon();
        Assert.False(client.IsRetried);
        isSlow = true;
        Task<QuicConnection>[] slow = [ConnectAsync(), ConnectAsync(), ConnectAsync()];
        await EndpointTests.UntilAsync(() => listener.UnderWay == Threshold);

        // From now on nothing is kept for a client that has not proven its address, however many come.
        using var flood = new InitialFlood(listener.LocalEndPoint);
        Task<int> retries = flood.RunAsync(500);
        await EndpointTests.EchoAsync(client, server);
        Task<QuicConnection> honest = ConnectAsync();
        Assert.InRange(await retries, 100, 500);
        Assert.Equal(0, flood.OtherAnswers);
        await EndpointTests.UntilAsync(() => listener.UnderWay == Threshold + 1);
        await EndpointTests.EchoAsync(client, server);
        gate.SetResult();
        QuicConnection[] first = await Task.WhenAll(slow);
        Assert.All(first, x => Assert.False(x.IsRetried));
        await using QuicConnection proven = await honest;
        Assert.True(proven.IsRetried);
        await EndpointTests.UntilAsync(() => listener.UnderWay == 0);
        await using QuicConnection later = await ConnectAsync();
        Assert.False(later.IsRetried);
        await EndpointTests.EchoAsync(client, server);
        foreach (QuicConnection connection in first)
        {
            await connection.DisposeAsync().Soon();
        }

        Task<QuicConnection> ConnectAsync() => QuicConnection.ConnectAsync(ClientOptions(listener, AddressTokenStore.None)).Soon();
    }

    [Fact]
    public async Task A_full_accept_queue_refuses_the_surplus_and_recovers()
    {
        QuicListenerOptions options = Loopback.ListenerOptions();
        options.ListenBacklog = 2;
        await using QuicListener listener = await QuicListener.ListenAsync(options).Soon();
        await using QuicConnection first = await QuicConnection.ConnectAsync(ClientOptions(listener, AddressTokenStore.None)).Soon();
        await using QuicConnection server = await listener.AcceptConnectionAsync().Soon();
        await using QuicConnection second = await QuicConnection.ConnectAsync(ClientOptions(listener, AddressTokenStore.None)).Soon();
        await using QuicConnection third = await QuicConnection.ConnectAsync(ClientOptions(listener, AddressTokenStore.None)).Soon();
        QuicException e = await Assert.ThrowsAsync<QuicException>(() => QuicConnection.ConnectAsync(ClientOptions(listener, AddressTokenStore.None)).Soon());
        Assert.Equal(QuicError.ConnectionRefused, e.QuicError);
        await EndpointTests.EchoAsync(first, server);
        await using QuicConnection accepted = await listener.AcceptConnectionAsync().Soon();
        await using QuicConnection fourth = await QuicConnection.ConnectAsync(ClientOptions(listener, AddressTokenStore.None)).Soon();
    }

    private static QuicClientConnectionOptions ClientOptions(QuicListener listener, AddressTokenStore store)
    {
        QuicClientConnectionOptions options = Loopback.ClientOptions(listener.LocalEndPoint);
        options.AddressTokens = store;
        return options;
    }
}
