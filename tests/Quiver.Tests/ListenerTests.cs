using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Quiver.Tests.Infrastructure;

namespace Quiver.Tests;

/// <summary>What a listener promises: callbacks, accepting, failures, sharing of endpoints, disposing.</summary>
public sealed class ListenerTests
{
    [Fact]
    public async Task The_callback_runs_on_the_thread_pool_with_a_token()
    {
        bool isPool = false;
        bool canCancel = false;
        QuicListenerOptions options = Loopback.ListenerOptions();
        options.ConnectionOptionsCallback = (_, _, token) =>
        {
            isPool = Thread.CurrentThread.IsThreadPoolThread;
            canCancel = token.CanBeCanceled && !token.IsCancellationRequested;
            return ValueTask.FromResult(Loopback.ServerOptions());
        };
        await using QuicListener listener = await QuicListener.ListenAsync(options).Soon();
        await using QuicConnection client = await Loopback.ConnectAsync(listener);
        Assert.True(isPool);
        Assert.True(canCancel);
    }

    [Fact]
    public async Task A_callback_that_throws_is_a_callback_error_at_accept_and_user_canceled_at_the_client()
    {
        await using QuicListener listener = await ListenAsync((_, _, _) => throw new FormatException("mine"));
        (Exception client, Exception server) = await FailAsync(listener);
        QuicException e = Assert.IsType<QuicException>(server);
        Assert.Equal(QuicError.CallbackError, e.QuicError);
        Assert.IsType<FormatException>(e.InnerException);
        Assert.Contains("UserCanceled", Assert.IsType<AuthenticationException>(client).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_failed_handshake_disposes_the_connection_on_both_sides()
    {
        QuicConnection? server = null;
        QuicConnection? client = null;
        await using QuicListener listener = await ListenAsync((connection, _, _) =>
        {
            server = connection;
            return ValueTask.FromResult(Loopback.ServerOptions());
        });
        QuicClientConnectionOptions options = Loopback.ClientOptions(listener.LocalEndPoint);
        options.ClientAuthenticationOptions.RemoteCertificateValidationCallback = (sender, _, _, _) =>
        {
            client = (QuicConnection)sender;
            return false;
        };
        Task<QuicConnection> accept = listener.AcceptConnectionAsync().Soon();
        await Assert.ThrowsAsync<AuthenticationException>(() => QuicConnection.ConnectAsync(options).Soon());
        await Assert.ThrowsAsync<AuthenticationException>(() => accept);
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await client!.AcceptInboundStreamAsync());
        await server!.Driver.Closing.Shutdown.Soon();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => UseAsync(server));

        // The accept may be told a moment before.
        static async Task UseAsync(QuicConnection connection)
        {
            while (true)
            {
                try
                {
                    await connection.AcceptInboundStreamAsync();
                }
                catch (AuthenticationException)
                {
                    await Task.Yield();
                }
            }
        }
    }

    [Fact]
    public async Task Invalid_options_from_the_callback_are_an_argument_error_at_accept()
    {
        await using QuicListener listener = await ListenAsync((_, _, _) => ValueTask.FromResult(new QuicServerConnectionOptions()));
        (Exception client, Exception server) = await FailAsync(listener);
        Assert.IsAssignableFrom<ArgumentException>(server);
        Assert.Contains("UserCanceled", Assert.IsType<AuthenticationException>(client).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task No_application_protocols_from_the_callback_are_an_argument_error_at_accept()
    {
        QuicServerConnectionOptions options = Loopback.ServerOptions();
        options.ServerAuthenticationOptions.ApplicationProtocols = null;
        await using QuicListener listener = await Loopback.ListenAsync(options);
        (_, Exception server) = await FailAsync(listener);
        Assert.IsAssignableFrom<ArgumentException>(server);
    }

    [Fact]
    public async Task The_listener_stays_usable_after_a_failure()
    {
        int calls = 0;
        await using QuicListener listener = await ListenAsync((_, _, _) =>
            Interlocked.Increment(ref calls) == 1 ? throw new FormatException() : ValueTask.FromResult(Loopback.ServerOptions()));
        await FailAsync(listener);
        Task<QuicConnection> accept = listener.AcceptConnectionAsync().Soon();
        await using QuicConnection client = await Loopback.ConnectAsync(listener);
        await using QuicConnection server = await accept;
        Assert.Equal(client.LocalEndPoint, server.RemoteEndPoint);
    }

    [Fact]
    public async Task A_handshake_timeout_of_zero_fails_at_once()
    {
        QuicServerConnectionOptions options = Loopback.ServerOptions();
        options.HandshakeTimeout = TimeSpan.Zero;
        await using QuicListener listener = await Loopback.ListenAsync(options);
        (_, Exception server) = await FailAsync(listener);
        Assert.Equal(QuicError.ConnectionTimeout, Assert.IsType<QuicException>(server).QuicError);
    }

    [Fact]
    public async Task A_client_that_gives_up_cancels_the_callbacks_token()
    {
        var cancelled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var entered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using QuicListener listener = await ListenAsync(async (_, _, token) =>
        {
            entered.SetResult();
            using CancellationTokenRegistration registration = token.Register(cancelled.SetResult);
            await cancelled.Task;
            token.ThrowIfCancellationRequested();
            return Loopback.ServerOptions();
        });
        using var giveUp = new CancellationTokenSource();
        Task<QuicConnection> connect = QuicConnection.ConnectAsync(Loopback.ClientOptions(listener.LocalEndPoint), giveUp.Token).Soon();
        await entered.Task.Soon();
        await giveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => connect);
        await cancelled.Task.Soon();
        Assert.NotNull(await Record.ExceptionAsync(() => listener.AcceptConnectionAsync().Soon()));
    }

    [Fact]
    public async Task A_slow_callback_is_within_the_time_that_it_gives_itself()
    {
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using QuicListener listener = await ListenAsync(async (_, _, _) =>
        {
            await release.Task;
            QuicServerConnectionOptions options = Loopback.ServerOptions();
            options.HandshakeTimeout = TimeSpan.FromSeconds(5);
            return options;
        });
        Task<QuicConnection> connect = Loopback.ConnectAsync(listener);
        release.SetResult();
        await using QuicConnection client = await connect;
        await using QuicConnection server = await listener.AcceptConnectionAsync().Soon();
    }

    [Fact]
    public async Task The_handshake_timeout_of_the_options_counts_from_their_return()
    {
        QuicServerConnectionOptions serverOptions = Loopback.ServerOptions();
        serverOptions.HandshakeTimeout = TimeSpan.FromMilliseconds(300);
        await using QuicListener listener = await Loopback.ListenAsync(serverOptions);
        using var release = new ManualResetEventSlim();
        QuicClientConnectionOptions options = Loopback.ClientOptions(listener.LocalEndPoint);
        options.ClientAuthenticationOptions.RemoteCertificateValidationCallback = (_, _, _, _) => release.Wait(Bounds.Limit);
        Task<QuicConnection> connect = QuicConnection.ConnectAsync(options).Soon();
        QuicException e = await Assert.ThrowsAsync<QuicException>(() => listener.AcceptConnectionAsync().Soon());
        Assert.Equal(QuicError.ConnectionTimeout, e.QuicError);
        release.Set();

        // The client may be through before it hears of it.
        await Record.ExceptionAsync(async () => await (await connect).DisposeAsync());
    }

    [Fact]
    public async Task Ten_seconds_apply_until_the_callback_has_returned()
    {
        await using QuicListener listener = await ListenAsync(async (_, _, token) =>
        {
            await Task.Delay(Timeout.Infinite, token);
            return Loopback.ServerOptions();
        });
        QuicClientConnectionOptions options = Loopback.ClientOptions(listener.LocalEndPoint);
        options.HandshakeTimeout = Timeout.InfiniteTimeSpan;
        Task<QuicConnection> connect = QuicConnection.ConnectAsync(options).Soon();
        QuicException e = await Assert.ThrowsAsync<QuicException>(() => listener.AcceptConnectionAsync().Soon());
        Assert.Equal(QuicError.ConnectionTimeout, e.QuicError);
        Assert.NotNull(await Record.ExceptionAsync(() => connect));
    }

    [Fact]
    public async Task The_time_until_then_can_be_chosen()
    {
        QuicListenerOptions listening = Loopback.ListenerOptions();
        listening.ClientHelloTimeout = TimeSpan.FromMilliseconds(200);
        listening.ConnectionOptionsCallback = async (_, _, token) =>
        {
            await Task.Delay(Timeout.Infinite, token);
            return Loopback.ServerOptions();
        };
        await using QuicListener listener = await QuicListener.ListenAsync(listening).Soon();
        QuicClientConnectionOptions options = Loopback.ClientOptions(listener.LocalEndPoint);
        options.HandshakeTimeout = TimeSpan.FromSeconds(8);

        // The server gives up, and not the client, nor the server after ten seconds.
        QuicException e = await Assert.ThrowsAsync<QuicException>(() => QuicConnection.ConnectAsync(options).Soon());
        Assert.Equal(QuicError.TransportError, e.QuicError);
    }

    [Fact]
    public async Task Of_several_listeners_on_an_endpoint_the_most_patient_decides_until_then()
    {
        await using QuicEndpoint endpoint = QuicEndpoint.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        QuicListenerOptions hasty = EndpointTests.ListenerOptions();
        hasty.ClientHelloTimeout = TimeSpan.FromMilliseconds(100);
        hasty.ConnectionOptionsCallback = async (_, _, token) =>
        {
            await Task.Delay(TimeSpan.FromSeconds(1), token);
            return Loopback.ServerOptions();
        };
        await using QuicListener listener = await endpoint.ListenAsync(hasty).Soon();
        QuicListenerOptions patient = EndpointTests.ListenerOptions();
        patient.ApplicationProtocols = [new SslApplicationProtocol("patient")];
        patient.ClientHelloTimeout = TimeSpan.FromMinutes(1);
        await using QuicListener other = await endpoint.ListenAsync(patient).Soon();

        Task<QuicConnection> accept = listener.AcceptConnectionAsync().Soon();
        await using QuicConnection client = await Loopback.ConnectAsync(listener);
        await using QuicConnection server = await accept;
    }

    [Fact]
    public async Task Cancelling_an_accept_leaves_the_listener_usable()
    {
        await using QuicListener listener = await Loopback.ListenAsync();
        using var cancellation = new CancellationTokenSource();
        Task<QuicConnection> first = listener.AcceptConnectionAsync(cancellation.Token).Soon();
        await cancellation.CancelAsync();
        OperationCanceledException e = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        Assert.Equal(cancellation.Token, e.CancellationToken);

        Task<QuicConnection> second = listener.AcceptConnectionAsync().Soon();
        await using QuicConnection client = await Loopback.ConnectAsync(listener);
        await using QuicConnection server = await second;
    }

    [Fact]
    public async Task Several_accepts_may_wait_at_once()
    {
        await using QuicListener listener = await Loopback.ListenAsync();
        Task<QuicConnection> first = listener.AcceptConnectionAsync().Soon();
        Task<QuicConnection> second = listener.AcceptConnectionAsync().Soon();
        await using QuicConnection one = await Loopback.ConnectAsync(listener);
        await using QuicConnection two = await Loopback.ConnectAsync(listener);
        await (await first).DisposeAsync();
        await (await second).DisposeAsync();
    }

    [Fact]
    public async Task Disposing_ends_pending_and_later_accepts()
    {
        QuicListener listener = await Loopback.ListenAsync();
        Task<QuicConnection> pending = listener.AcceptConnectionAsync().Soon();
        await listener.DisposeAsync().Soon();
        await listener.DisposeAsync().Soon();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => pending);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => listener.AcceptConnectionAsync().Soon());
    }

    [Fact]
    public async Task Disposing_aborts_handshakes_under_way()
    {
        var entered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var cancelled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        QuicListener listener = await ListenAsync(async (_, _, token) =>
        {
            using CancellationTokenRegistration registration = token.Register(cancelled.SetResult);
            entered.SetResult();
            await cancelled.Task;
            return Loopback.ServerOptions();
        });
        Task<QuicConnection> connect = Loopback.ConnectAsync(listener);
        await entered.Task.Soon();
        await listener.DisposeAsync().Soon();
        await cancelled.Task.Soon();
        await Assert.ThrowsAsync<QuicException>(() => connect);
    }

    [Fact]
    public async Task Disposing_closes_connections_that_were_not_accepted()
    {
        QuicListener listener = await Loopback.ListenAsync();
        await using QuicConnection client = await Loopback.ConnectAsync(listener);

        // The client's stream is known to the server when its data is acknowledged, and then the handshake is too.
        await using QuicStream stream = await client.OpenOutboundStreamAsync(QuicStreamType.Unidirectional).Soon();
        await stream.WriteAsync(new byte[1], completeWrites: true).Soon();
        await stream.WritesClosed.Soon();
        await listener.DisposeAsync().Soon();
        QuicException e = await Assert.ThrowsAsync<QuicException>(() => client.AcceptInboundStreamAsync().Soon());
        Assert.Equal(QuicError.ConnectionAborted, e.QuicError);
        Assert.Equal(Loopback.CloseError, e.ApplicationErrorCode);
    }

    [Fact]
    public async Task Accepted_connections_live_on_after_dispose()
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync();
        await pair.Listener.DisposeAsync().Soon();
        (QuicStream client, QuicStream server) = await pair.OpenAsync();
        await server.WriteAsync(new byte[] { 7 }).Soon();
        byte[] received = new byte[1];
        await client.ReadExactlyAsync(received).Soon();
        Assert.Equal(7, received[0]);
    }

    [Fact]
    public async Task A_port_is_free_again_after_dispose()
    {
        QuicListener first = await Loopback.ListenAsync();
        IPEndPoint endPoint = first.LocalEndPoint;
        await first.DisposeAsync().Soon();
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(endPoint);
    }

    [Fact]
    public async Task A_port_held_by_another_socket_is_in_use()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        QuicListenerOptions options = Loopback.ListenerOptions();
        options.ListenEndPoint = (IPEndPoint)socket.LocalEndPoint!;
        SocketException e = await Assert.ThrowsAsync<SocketException>(async () => await QuicListener.ListenAsync(options).Soon());
        Assert.Equal(SocketError.AddressAlreadyInUse, e.SocketErrorCode);
    }

    [Fact]
    public async Task An_address_that_is_not_ours_is_not_available()
    {
        QuicListenerOptions options = Loopback.ListenerOptions();
        options.ListenEndPoint = new IPEndPoint(IPAddress.Parse("192.0.2.1"), 0);
        SocketException e = await Assert.ThrowsAsync<SocketException>(async () => await QuicListener.ListenAsync(options).Soon());
        Assert.Equal(SocketError.AddressNotAvailable, e.SocketErrorCode);
    }

    [Fact]
    public async Task Listeners_with_other_protocols_share_an_endpoint_and_the_protocol_decides()
    {
        var other = new SslApplicationProtocol("other");
        await using QuicListener first = await Loopback.ListenAsync();
        QuicListenerOptions options = Loopback.ListenerOptions();
        options.ListenEndPoint = first.LocalEndPoint;
        options.ApplicationProtocols = [other];
        QuicServerConnectionOptions serverOptions = Loopback.ServerOptions();
        serverOptions.ServerAuthenticationOptions.ApplicationProtocols = [other];
        options.ConnectionOptionsCallback = (_, _, _) => ValueTask.FromResult(serverOptions);
        await using QuicListener second = await QuicListener.ListenAsync(options).Soon();
        Assert.Equal(first.LocalEndPoint, second.LocalEndPoint);

        Task<QuicConnection> accept = second.AcceptConnectionAsync().Soon();
        QuicClientConnectionOptions clientOptions = Loopback.ClientOptions(second.LocalEndPoint);
        clientOptions.ClientAuthenticationOptions.ApplicationProtocols = [other];
        await using QuicConnection client = await QuicConnection.ConnectAsync(clientOptions).Soon();
        await using QuicConnection server = await accept;
        Assert.Equal(other, server.NegotiatedApplicationProtocol);

        Task<QuicConnection> acceptFirst = first.AcceptConnectionAsync().Soon();
        await using QuicConnection clientOfFirst = await Loopback.ConnectAsync(first);
        await (await acceptFirst).DisposeAsync();
    }

    [Fact]
    public async Task The_same_protocol_on_the_same_endpoint_is_AlpnInUse()
    {
        await using QuicListener first = await Loopback.ListenAsync();
        QuicListenerOptions options = Loopback.ListenerOptions();
        options.ListenEndPoint = first.LocalEndPoint;
        options.ApplicationProtocols = [new SslApplicationProtocol("other"), Loopback.Protocol];
        QuicException e = await Assert.ThrowsAsync<QuicException>(async () => await QuicListener.ListenAsync(options).Soon());
        Assert.Equal(QuicError.AlpnInUse, e.QuicError);

        // The first is unharmed.
        Task<QuicConnection> accept = first.AcceptConnectionAsync().Soon();
        await using QuicConnection client = await Loopback.ConnectAsync(first);
        await (await accept).DisposeAsync();
    }

    [Fact]
    public async Task A_client_without_a_protocol_in_common_fails_with_both_lists_and_nothing_surfaces_at_accept()
    {
        await using QuicListener listener = await Loopback.ListenAsync();
        using var cancellation = new CancellationTokenSource();
        Task<QuicConnection> accept = listener.AcceptConnectionAsync(cancellation.Token).Soon();
        QuicClientConnectionOptions options = Loopback.ClientOptions(listener.LocalEndPoint);
        options.ClientAuthenticationOptions.ApplicationProtocols = [new SslApplicationProtocol("something-else")];
        AuthenticationException e = await Assert.ThrowsAsync<AuthenticationException>(() => QuicConnection.ConnectAsync(options).Soon());
        Assert.Contains("something-else", e.Message, StringComparison.Ordinal);
        Assert.Contains(Loopback.Protocol.ToString(), e.Message, StringComparison.Ordinal);
        Assert.Contains("NoApplicationProtocol", e.Message, StringComparison.Ordinal);

        // What comes next at accept is the next connection.
        await using QuicConnection client = await Loopback.ConnectAsync(listener);
        await (await accept).DisposeAsync();
    }

    [Fact]
    public async Task The_callbacks_narrower_list_decides_the_protocol()
    {
        SslApplicationProtocol[] names = [new("a"), new("b"), new("c")];
        QuicServerConnectionOptions serverOptions = Loopback.ServerOptions();
        serverOptions.ServerAuthenticationOptions.ApplicationProtocols = [names[1]];
        QuicListenerOptions options = Loopback.ListenerOptions(serverOptions);
        options.ApplicationProtocols = [.. names];
        await using QuicListener listener = await QuicListener.ListenAsync(options).Soon();
        QuicClientConnectionOptions clientOptions = Loopback.ClientOptions(listener.LocalEndPoint);
        clientOptions.ClientAuthenticationOptions.ApplicationProtocols = [.. names];
        await using QuicConnection client = await QuicConnection.ConnectAsync(clientOptions).Soon();
        Assert.Equal(names[1], client.NegotiatedApplicationProtocol);
    }

    [Fact]
    public async Task A_connection_that_ended_while_it_waited_is_still_given_out()
    {
        await using QuicListener listener = await Loopback.ListenAsync();
        await using QuicConnection client = await Loopback.ConnectAsync(listener);
        await using QuicConnection other = await Loopback.ConnectAsync(listener);
        await client.CloseAsync(7).Soon();
        await using QuicConnection first = await listener.AcceptConnectionAsync().Soon();
        QuicException e = await Assert.ThrowsAsync<QuicException>(() => first.AcceptInboundStreamAsync().Soon());
        Assert.Equal((QuicError.ConnectionAborted, 7), (e.QuicError, e.ApplicationErrorCode));
        await using QuicConnection second = await listener.AcceptConnectionAsync().Soon();
        await EndpointTests.EchoAsync(other, second);
    }

    [Fact]
    public async Task A_full_backlog_refuses_and_accepting_makes_room()
    {
        QuicListenerOptions options = Loopback.ListenerOptions();
        options.ListenBacklog = 1;
        await using QuicListener listener = await QuicListener.ListenAsync(options).Soon();
        await using QuicConnection first = await Loopback.ConnectAsync(listener);
        QuicException e = await Assert.ThrowsAsync<QuicException>(() => Loopback.ConnectAsync(listener));
        Assert.Equal(QuicError.ConnectionRefused, e.QuicError);

        await (await listener.AcceptConnectionAsync().Soon()).DisposeAsync();
        await using QuicConnection second = await Loopback.ConnectAsync(listener);
    }

    [Fact]
    public async Task The_backlog_is_512_unless_set()
    {
        const int Backlog = 512;
        await using QuicListener listener = await QuicListener.ListenAsync(Loopback.ListenerOptions()).Soon();
        var clients = new List<QuicConnection>();
        try
        {
            for (int i = 0; i < Backlog; i++)
            {
                clients.Add(await Loopback.ConnectAsync(listener));
            }

            QuicException e = await Assert.ThrowsAsync<QuicException>(() => Loopback.ConnectAsync(listener));
            Assert.Equal(QuicError.ConnectionRefused, e.QuicError);
        }
        finally
        {
            foreach (QuicConnection client in clients)
            {
                await client.DisposeAsync().Soon();
            }
        }
    }

    [Fact]
    public async Task IPv6Any_takes_IPv4_too()
    {
        Assert.SkipUnless(Socket.OSSupportsIPv6, "no IPv6 here");
        QuicListenerOptions options = Loopback.ListenerOptions();
        options.ListenEndPoint = new IPEndPoint(IPAddress.IPv6Any, 0);
        await using QuicListener listener = await QuicListener.ListenAsync(options).Soon();
        foreach (IPAddress address in new[] { IPAddress.Loopback, IPAddress.IPv6Loopback })
        {
            Task<QuicConnection> accept = listener.AcceptConnectionAsync().Soon();
            var endPoint = new IPEndPoint(address, listener.LocalEndPoint.Port);
            await using QuicConnection client = await QuicConnection.ConnectAsync(Loopback.ClientOptions(endPoint)).Soon();
            await using QuicConnection server = await accept;
            Assert.Equal(address, server.LocalEndPoint.Address);
        }
    }

    [Fact]
    public async Task ToString_tells_the_endpoint()
    {
        await using QuicListener listener = await Loopback.ListenAsync();
        Assert.Contains(listener.LocalEndPoint.ToString(), listener.ToString(), StringComparison.Ordinal);
    }

    private static Task<QuicListener> ListenAsync(
        Func<QuicConnection, SslClientHelloInfo, CancellationToken, ValueTask<QuicServerConnectionOptions>> callback)
    {
        QuicListenerOptions options = Loopback.ListenerOptions();
        options.ConnectionOptionsCallback = callback;
        return QuicListener.ListenAsync(options).Soon();
    }

    private static async Task<(Exception Client, Exception Server)> FailAsync(QuicListener listener)
    {
        Task<QuicConnection> accept = listener.AcceptConnectionAsync().Soon();
        Exception? client = await Record.ExceptionAsync(() => Loopback.ConnectAsync(listener));
        Exception? server = await Record.ExceptionAsync(() => accept);
        return (client!, server!);
    }
}
