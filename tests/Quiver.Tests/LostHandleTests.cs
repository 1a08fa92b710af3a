using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Quiver.Diagnostics;
using Quiver.Tests.Infrastructure;

namespace Quiver.Tests;

/// <summary>A handle that the application drops is as good as disposed, once the garbage collector has seen to it.</summary>
[Collection("Leaks are counted for the whole process")]
public sealed class LostHandleTests
{
    [Fact]
    public async Task A_dropped_stream_is_reset_and_stopped_with_the_default_code_and_counted()
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync();
        long before = Leaks.Count(LeakKind.Stream);
        QuicStream server = await OpenAndDropAsync(pair, closeWrite: false);
        await Collecting.UntilAsync(() => Leaks.Count(LeakKind.Stream) > before);
        await AssertQuic.ErrorAsync(QuicError.StreamAborted, Loopback.StreamError, () => server.ReadsClosed);
        await AssertQuic.ErrorAsync(QuicError.StreamAborted, Loopback.StreamError, () => server.WritesClosed);
        await server.DisposeAsync().Soon();
        await AssertNoStreamsAsync(pair);
    }

    [Fact]
    public async Task What_was_finished_before_the_stream_was_dropped_arrives()
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync();
        long before = Leaks.Count(LeakKind.Stream);
        QuicStream server = await OpenAndDropAsync(pair, closeWrite: true);
        await Collecting.UntilAsync(() => Leaks.Count(LeakKind.Stream) > before);
        byte[] buffer = new byte[16];
        Assert.Equal(5, await server.ReadAtLeastAsync(buffer, 6, throwOnEndOfStream: false));
        await server.ReadsClosed.Soon();
        await AssertQuic.ErrorAsync(QuicError.StreamAborted, Loopback.StreamError, () => server.WritesClosed);
        await server.DisposeAsync().Soon();
        await AssertNoStreamsAsync(pair);
    }

    [Fact]
    public async Task A_stream_that_was_over_is_no_leak()
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync();
        long before = Leaks.Count(LeakKind.Stream);
        WeakReference handle = await FinishAndDropAsync(pair);
        await Collecting.UntilAsync(() => !handle.IsAlive);
        await AssertNoStreamsAsync(pair);
        Assert.Equal(before, Leaks.Count(LeakKind.Stream));
    }

    [Fact]
    public async Task A_dropped_connection_is_closed_with_the_default_code_and_counted()
    {
        QuicListener listener = await Loopback.ListenAsync();
        await using QuicListener _ = listener;
        long before = Leaks.Count(LeakKind.Connection);
        QuicConnection server = await ConnectAndDropAsync(listener, new Owner());
        await using QuicConnection __ = server;
        await Collecting.UntilAsync(() => Leaks.Count(LeakKind.Connection) > before);
        await AssertQuic.ErrorAsync(QuicError.ConnectionAborted, Loopback.CloseError, () => server.AcceptInboundStreamAsync().AsTask());
    }

    [Fact]
    public async Task A_dropped_connection_of_a_server_is_closed_too()
    {
        await using QuicListener listener = await Loopback.ListenAsync();
        long before = Leaks.Count(LeakKind.Connection);
        Task drop = AcceptAndDropAsync(listener);
        await using QuicConnection client = await Loopback.ConnectAsync(listener);
        await drop;
        await Collecting.UntilAsync(() => Leaks.Count(LeakKind.Connection) > before);
        await AssertQuic.ErrorAsync(QuicError.ConnectionAborted, Loopback.CloseError, () => client.AcceptInboundStreamAsync().AsTask());
    }

    [Fact]
    public async Task A_stream_in_use_keeps_its_connection()
    {
        await using QuicListener listener = await Loopback.ListenAsync();
        (QuicStream client, QuicConnection server) = await ConnectAndKeepStreamAsync(listener);
        Collecting.Run();
        await client.WriteAsync(new byte[3]).Soon();
        QuicStream accepted = await server.AcceptInboundStreamAsync().Soon();
        await accepted.ReadExactlyAsync(new byte[3]).AsTask().Soon();
        Collecting.Run();
        await accepted.WriteAsync(new byte[4]).Soon();
        await client.ReadExactlyAsync(new byte[4]).AsTask().Soon();
        client.Abort(QuicAbortDirection.Both, 0);
        await client.DisposeAsync().Soon();
        await server.DisposeAsync().Soon();
    }

    [Fact]
    public async Task A_pending_accept_or_open_keeps_the_connection()
    {
        await using QuicListener listener = await Loopback.ListenAsync();
        (Task<QuicStream> accept, QuicConnection server) = await ConnectAndAcceptAsync(listener);
        Collecting.Run();
        QuicStream stream = await server.OpenOutboundStreamAsync(QuicStreamType.Unidirectional).Soon();
        await stream.WriteAsync(new byte[1], completeWrites: true).Soon();
        await (await accept).ReadExactlyAsync(new byte[1]).AsTask().Soon();
        await server.DisposeAsync().Soon();
    }

    [Fact]
    public async Task A_dropped_listener_stops_and_what_it_accepted_lives_on()
    {
        long before = Leaks.Count(LeakKind.Listener);
        (IPEndPoint address, QuicConnection client, QuicConnection server) = await ListenAndDropAsync(new Server());
        await Collecting.UntilAsync(() => Leaks.Count(LeakKind.Listener) > before);
        QuicStream stream = await client.OpenOutboundStreamAsync(QuicStreamType.Unidirectional).Soon();
        await stream.WriteAsync(new byte[1], completeWrites: true).Soon();
        await (await server.AcceptInboundStreamAsync().Soon()).ReadExactlyAsync(new byte[1]).AsTask().Soon();
        await client.DisposeAsync().Soon();
        await server.DisposeAsync().Soon();

        // The port is free when listener and connections are gone.
        await Collecting.UntilAsync(() => TryBind(address));
    }

    [Fact]
    public async Task The_log_names_the_stack_that_opened_a_leaked_stream()
    {
        using var log = new CollectingLoggerFactory();
        ILoggerFactory old = QuicDiagnostics.LoggerFactory;
        QuicDiagnostics.LoggerFactory = log;
        QuicDiagnostics.CaptureLeakStacks = true;
        try
        {
            await using ConnectedPair pair = await ConnectedPair.CreateAsync();
            QuicStream server = await OpenAndDropAsync(pair, closeWrite: false);
            await Collecting.UntilAsync(() => log.Messages.Any(
                message => message.Contains("Stream was dropped", StringComparison.Ordinal) && message.Contains(nameof(OpenAndDropAsync), StringComparison.Ordinal)));
            await server.DisposeAsync().Soon();
        }
        finally
        {
            QuicDiagnostics.CaptureLeakStacks = false;
            QuicDiagnostics.LoggerFactory = old;
        }
    }

    private static bool TryBind(IPEndPoint address)
    {
        try
        {
            using var socket = new UdpClient(address);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static async Task AssertNoStreamsAsync(ConnectedPair pair)
    {
        await Collecting.UntilAsync(() => StreamCounts.OnWire(pair.Client) == 0 && StreamCounts.OnWire(pair.Server) == 0);
        Assert.Equal(0, StreamCounts.Live(pair.Client));
        Assert.Equal(0, StreamCounts.Live(pair.Server));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task<QuicStream> OpenAndDropAsync(ConnectedPair pair, bool closeWrite)
    {
        QuicStream client = await pair.Client.OpenOutboundStreamAsync(QuicStreamType.Bidirectional).Soon();
        await client.WriteAsync("hello"u8.ToArray()).Soon();
        if (closeWrite)
        {
            client.CloseWrite();
        }

        return await pair.Server.AcceptInboundStreamAsync().Soon();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task<WeakReference> FinishAndDropAsync(ConnectedPair pair)
    {
        (QuicStream client, QuicStream server) = await pair.OpenDroppableAsync();
        client.CloseWrite();
        server.CloseWrite();
        Assert.Equal(0, await server.ReadAsync(new byte[1]).Soon());
        Assert.Equal(0, await client.ReadAsync(new byte[1]).Soon());
        await client.WritesClosed.Soon();
        await server.WritesClosed.Soon();
        return new WeakReference(client);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task<QuicConnection> ConnectAndDropAsync(QuicListener listener, Owner owner)
    {
        Task<QuicConnection> accept = listener.AcceptConnectionAsync().Soon();
        QuicClientConnectionOptions options = Loopback.ClientOptions(listener.LocalEndPoint);
        options.StreamCapacityCallback = owner.OnCapacity;
        options.ClientAuthenticationOptions.RemoteCertificateValidationCallback = owner.OnCertificate;
        owner.Connection = await QuicConnection.ConnectAsync(options).Soon();
        return await accept;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task AcceptAndDropAsync(QuicListener listener) => await listener.AcceptConnectionAsync().Soon();

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task<(QuicStream Client, QuicConnection Server)> ConnectAndKeepStreamAsync(QuicListener listener)
    {
        Task<QuicConnection> accept = listener.AcceptConnectionAsync().Soon();
        QuicConnection client = await Loopback.ConnectAsync(listener);
        return (await client.OpenOutboundStreamAsync(QuicStreamType.Bidirectional).Soon(), await accept);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task<(Task<QuicStream> Accept, QuicConnection Server)> ConnectAndAcceptAsync(QuicListener listener)
    {
        Task<QuicConnection> accept = listener.AcceptConnectionAsync().Soon();
        QuicConnection client = await Loopback.ConnectAsync(listener);
        return (client.AcceptInboundStreamAsync().Soon(), await accept);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task<(IPEndPoint Address, QuicConnection Client, QuicConnection Server)> ListenAndDropAsync(Server server)
    {
        QuicListenerOptions options = Loopback.ListenerOptions();
        options.ConnectionOptionsCallback = server.OnConnection;
        server.Listener = await QuicListener.ListenAsync(options).Soon();
        Task<QuicConnection> accept = server.Listener.AcceptConnectionAsync().Soon();
        QuicConnection client = await Loopback.ConnectAsync(server.Listener);
        return (server.Listener.LocalEndPoint, client, await accept);
    }

    /// <summary>An application's object whose callbacks lead to its connection.</summary>
    private sealed class Owner
    {
        public QuicConnection? Connection { get; set; }

        public void OnCapacity(QuicConnection connection, QuicStreamCapacityChangedArgs args) => Assert.True(Connection is null || Connection == connection);

        public bool OnCertificate(
            object sender,
            System.Security.Cryptography.X509Certificates.X509Certificate? certificate,
            System.Security.Cryptography.X509Certificates.X509Chain? chain,
            System.Net.Security.SslPolicyErrors errors) => Connection is null;
    }

    /// <summary>An application's object whose callback leads to its listener.</summary>
    private sealed class Server
    {
        public QuicListener? Listener { get; set; }

        public ValueTask<QuicServerConnectionOptions> OnConnection(
            QuicConnection connection, System.Net.Security.SslClientHelloInfo hello, CancellationToken cancellationToken)
        {
            Assert.NotNull(Listener);
            return ValueTask.FromResult(Loopback.ServerOptions());
        }
    }
}
