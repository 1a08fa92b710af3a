using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace Quiver.AspNetCore.Tests;

/// <summary>The contract of a multiplexed transport: what Kestrel relies on, one by one.</summary>
public sealed class TransportTests
{
    [Fact]
    public async Task A_connection_has_the_features_that_Kestrel_asks_for()
    {
        await using TransportPair pair = await TransportPair.CreateAsync();
        IFeatureCollection features = pair.Server.Features;

        Assert.Equal(-1, features.Get<IProtocolErrorCodeFeature>()!.Error);
        Assert.Null(features.Get<ITlsConnectionFeature>()!.ClientCertificate);
        Assert.Equal("localhost", features.Get<ITlsHandshakeFeature>()!.HostName);
        Assert.NotNull(features.Get<IMemoryPoolFeature>()!.MemoryPool);
        Assert.Equal(pair.Server.ConnectionId, features.Get<IConnectionIdFeature>()!.ConnectionId);
        Assert.Same(pair.Server.Items, features.Get<IConnectionItemsFeature>()!.Items);
        Assert.Equal(pair.Server.ConnectionClosed, features.Get<IConnectionLifetimeFeature>()!.ConnectionClosed);
        Assert.Equal(pair.Client.LocalEndPoint, features.Get<IConnectionEndPointFeature>()!.RemoteEndPoint);
        Assert.Equal(pair.Listener.EndPoint, pair.Server.LocalEndPoint);
        Assert.True(features.Get<IQuicConnectionFeature>()!.GetStatistics().BytesReceived > 1000);
        Assert.Equal(13, pair.Server.ConnectionId.Length);

        features.Set(new StringBuilder("set"));
        Assert.Equal("set", features.Get<StringBuilder>()!.ToString());
        features.Set<StringBuilder>(null);
        Assert.Null(features.Get<StringBuilder>());
    }

    [Fact]
    public async Task A_stream_has_the_features_that_Kestrel_asks_for_and_those_of_its_connection()
    {
        await using TransportPair pair = await TransportPair.CreateAsync();
        (QuicStream client, ConnectionContext server) = await pair.OpenAsync([1]);
        await using QuicStream _ = client;
        IFeatureCollection features = server.Features;

        Assert.True(features.Get<IStreamDirectionFeature>() is { CanRead: true, CanWrite: true });
        Assert.Equal(client.Id, features.Get<IStreamIdFeature>()!.StreamId);
        Assert.Equal(-1, features.Get<IProtocolErrorCodeFeature>()!.Error);
        Assert.NotNull(features.Get<IStreamAbortFeature>());
        Assert.NotNull(features.Get<IStreamClosedFeature>());
        Assert.Empty(features.Get<IPersistentStateFeature>()!.State);
        Assert.NotNull(features.Get<ITlsConnectionFeature>());
        Assert.NotNull(features.Get<IQuicConnectionFeature>());
        Assert.Equal($"{pair.Server.ConnectionId}:{client.Id:X8}", server.ConnectionId);
        Assert.Contains(features, feature => feature.Key == typeof(IQuicConnectionFeature));
        Assert.Throws<ArgumentOutOfRangeException>(() => features.Get<IProtocolErrorCodeFeature>()!.Error = 1L << 62);
    }

    [Fact]
    public async Task Unidirectional_streams_have_one_direction()
    {
        await using TransportPair pair = await TransportPair.CreateAsync(options => options.EnableExtendedConnect = false);
        (QuicStream client, ConnectionContext inbound) = await pair.OpenAsync([7], isLast: true, QuicStreamType.Unidirectional);
        await using QuicStream _ = client;
        var wanted = new FeatureCollection();
        wanted.Set<IStreamDirectionFeature>(new Direction(canRead: false));

        ConnectionContext outbound = await pair.Server.ConnectAsync(wanted).Soon();
        await outbound.Transport.Output.WriteAsync("control"u8.ToArray()).AsTask().Soon();
        await outbound.Transport.Output.CompleteAsync().AsTask().Soon();
        await using QuicStream accepted = await pair.Client.AcceptInboundStreamAsync().Soon();

        Assert.Equal("control"u8.ToArray(), await accepted.ReadToEndAsync(100).Soon());
        await inbound.Transport.Output.CompleteAsync().AsTask().Soon();
        Assert.True(inbound.Features.Get<IStreamDirectionFeature>() is { CanRead: true, CanWrite: false });
        Assert.True(outbound.Features.Get<IStreamDirectionFeature>() is { CanRead: false, CanWrite: true });
        Assert.Throws<InvalidOperationException>(() =>
            inbound.Features.Get<IStreamAbortFeature>()!.AbortWrite(1, new ConnectionAbortedException("none")));
        Assert.Throws<InvalidOperationException>(() =>
            outbound.Features.Get<IStreamAbortFeature>()!.AbortRead(1, new ConnectionAbortedException("none")));
    }

    [Fact]
    public async Task A_stream_can_be_opened_in_both_directions()
    {
        await using TransportPair pair = await TransportPair.CreateAsync();
        ConnectionContext outbound = await pair.Server.ConnectAsync().Soon();
        await outbound.Transport.Output.WriteAsync("ping"u8.ToArray()).AsTask().Soon();
        await using QuicStream accepted = await pair.Client.AcceptInboundStreamAsync().Soon();
        byte[] buffer = new byte[10];
        Assert.Equal(4, await accepted.ReadAsync(buffer).Soon());
        await accepted.WriteAsync("pong"u8.ToArray(), completeWrites: true).Soon();

        ReadResult result = await ReadAllAsync(outbound.Transport.Input);

        Assert.Equal("pong"u8, result.Buffer.ToArray());
    }

    [Fact]
    public async Task The_end_comes_with_the_last_bytes()
    {
        await using TransportPair pair = await TransportPair.CreateAsync();
        (QuicStream client, ConnectionContext server) = await pair.OpenAsync("all of it"u8.ToArray(), isLast: true);
        await using QuicStream _ = client;

        ReadResult result = await server.Transport.Input.ReadAsync().Soon();

        Assert.True(result.IsCompleted);
        Assert.Equal("all of it"u8, result.Buffer.ToArray());
    }

    [Fact]
    public async Task Reading_goes_by_what_was_consumed_and_examined()
    {
        await using TransportPair pair = await TransportPair.CreateAsync();
        (QuicStream client, ConnectionContext server) = await pair.OpenAsync("abc"u8.ToArray());
        PipeReader input = server.Transport.Input;

        ReadResult first = await input.ReadAsync().Soon();
        input.AdvanceTo(first.Buffer.GetPosition(1), first.Buffer.End);
        Assert.False(input.TryRead(out _));
        await client.WriteAsync("def"u8.ToArray(), completeWrites: true).Soon();
        ReadResult second = await input.ReadAsync().Soon();
        Assert.Equal("bcdef"u8, second.Buffer.ToArray());
        input.AdvanceTo(second.Buffer.GetPosition(2));
        Assert.True(input.TryRead(out ReadResult third));
        Assert.Equal("def"u8, third.Buffer.ToArray());
        Assert.True(third.IsCompleted);
        input.AdvanceTo(third.Buffer.End);
        Assert.True((await input.ReadAsync().Soon()).Buffer.IsEmpty);
        await input.CompleteAsync();
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await input.ReadAsync());
        await client.DisposeAsync();
    }

    [Fact]
    public async Task Much_is_read_in_pieces_of_any_size()
    {
        byte[] sent = new byte[1_000_000];
        new Random(4711).NextBytes(sent);
        await using TransportPair pair = await TransportPair.CreateAsync();
        (QuicStream client, ConnectionContext server) = await pair.OpenAsync(sent[..1]);
        Task writing = client.WriteAsync(sent.AsMemory(1), completeWrites: true).Soon();
        PipeReader input = server.Transport.Input;
        var random = new Random(42);
        var received = new MemoryStream();
        while (true)
        {
            ReadResult result = await input.ReadAsync().Soon();
            long take = random.NextInt64(0, result.Buffer.Length + 1);
            foreach (ReadOnlyMemory<byte> piece in result.Buffer.Slice(0, take))
            {
                received.Write(piece.Span);
            }

            bool isEnd = result.IsCompleted && take == result.Buffer.Length;
            SequencePosition consumed = result.Buffer.GetPosition(take);
            input.AdvanceTo(consumed, random.Next(2) == 0 || take == 0 ? result.Buffer.End : consumed);
            if (isEnd)
            {
                break;
            }
        }

        await writing;
        Assert.Equal(sent, received.ToArray());
        await client.DisposeAsync();
    }

    [Fact]
    public async Task A_pending_read_can_be_cancelled_and_nothing_is_lost()
    {
        await using TransportPair pair = await TransportPair.CreateAsync();
        (QuicStream client, ConnectionContext server) = await pair.OpenAsync([1]);
        PipeReader input = server.Transport.Input;
        input.AdvanceTo((await input.ReadAsync().Soon()).Buffer.End);

        Task<ReadResult> pending = input.ReadAsync().AsTask();
        input.CancelPendingRead();
        Assert.True((await pending.Soon()).IsCanceled);
        input.CancelPendingRead();
        Assert.True((await input.ReadAsync().Soon()).IsCanceled);
        using var cancel = new CancellationTokenSource();
        pending = input.ReadAsync(cancel.Token).AsTask();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => pending.Soon());

        await client.WriteAsync("still there"u8.ToArray(), completeWrites: true).Soon();
        Assert.Equal("still there"u8.ToArray(), (await ReadAllAsync(input)).Buffer.ToArray());
        await client.DisposeAsync();
    }

    [Fact]
    public async Task A_reset_by_the_client_is_a_ConnectionResetException_and_leaves_its_code()
    {
        await using TransportPair pair = await TransportPair.CreateAsync();
        (QuicStream client, ConnectionContext server) = await pair.OpenAsync([1]);
        server.Transport.Input.AdvanceTo((await server.Transport.Input.ReadAsync().Soon()).Buffer.End);
        Task<ReadResult> pending = server.Transport.Input.ReadAsync().AsTask();

        client.Abort(QuicAbortDirection.Write, 0x77);

        ConnectionResetException error = await Assert.ThrowsAsync<ConnectionResetException>(() => pending.Soon());
        Assert.Equal(QuicError.StreamAborted, Assert.IsType<QuicException>(error.InnerException).QuicError);
        Assert.Equal(0x77, server.Features.Get<IProtocolErrorCodeFeature>()!.Error);
        await client.DisposeAsync();
    }

    [Fact]
    public async Task A_stop_by_the_client_calls_back_at_once_and_leaves_its_code()
    {
        await using TransportPair pair = await TransportPair.CreateAsync();
        (QuicStream client, ConnectionContext server) = await pair.OpenAsync([1], isLast: true);
        var closed = new TaskCompletionSource<object?>();
        server.Features.Get<IStreamClosedFeature>()!.OnClosed(closed.SetResult, "state");
        CancellationToken token = server.ConnectionClosed;
        var cancelled = new TaskCompletionSource();
        token.Register(cancelled.SetResult);

        client.Abort(QuicAbortDirection.Read, 0x78);

        Assert.Equal("state", await closed.Task.Soon());
        await cancelled.Task.Soon();
        Assert.Equal(0x78, server.Features.Get<IProtocolErrorCodeFeature>()!.Error);
        Assert.True((await server.Transport.Output.WriteAsync(new byte[10]).AsTask().Soon()).IsCompleted);
        bool isCalled = false;
        server.Features.Get<IStreamClosedFeature>()!.OnClosed(_ => isCalled = true, null);
        Assert.True(isCalled);
        await client.DisposeAsync();
    }

    [Fact]
    public async Task A_callback_that_throws_does_no_harm()
    {
        await using TransportPair pair = await TransportPair.CreateAsync();
        (QuicStream client, ConnectionContext server) = await pair.OpenAsync([1], isLast: true);
        IStreamClosedFeature feature = server.Features.Get<IStreamClosedFeature>()!;
        int calls = 0;
        feature.OnClosed(_ => throw new InvalidOperationException("no"), null);
        feature.OnClosed(_ => calls++, null);

        await server.DisposeAsync().AsTask().Soon();

        Assert.Equal(1, calls);
        await client.DisposeAsync();
    }

    [Fact]
    public async Task One_direction_is_aborted_with_its_code()
    {
        await using TransportPair pair = await TransportPair.CreateAsync();
        (QuicStream client, ConnectionContext server) = await pair.OpenAsync([1]);
        server.Transport.Input.AdvanceTo((await server.Transport.Input.ReadAsync().Soon()).Buffer.End);
        Task<ReadResult> pending = server.Transport.Input.ReadAsync().AsTask();
        var reason = new ConnectionAbortedException("enough");

        server.Features.Get<IStreamAbortFeature>()!.AbortRead(0x100, reason);
        QuicException stopped = await Assert.ThrowsAsync<QuicException>(() => client.WritesClosed.Soon());
        server.Features.Get<IStreamAbortFeature>()!.AbortWrite(0x101, reason);
        QuicException reset = await Assert.ThrowsAsync<QuicException>(() => client.ReadsClosed.Soon());

        Assert.Equal(0x100, stopped.ApplicationErrorCode);
        Assert.Equal(0x101, reset.ApplicationErrorCode);
        Assert.Same(reason, await Assert.ThrowsAsync<ConnectionAbortedException>(() => pending.Soon()));
        Assert.Throws<ArgumentOutOfRangeException>(() => server.Features.Get<IStreamAbortFeature>()!.AbortRead(-1, reason));
        await client.DisposeAsync();
    }

    [Theory]
    [InlineData(null, 0x10C)]
    [InlineData(0x222L, 0x222)]
    public async Task Abort_ends_both_directions_with_the_code_that_was_set(long? set, long expected)
    {
        await using TransportPair pair = await TransportPair.CreateAsync();
        (QuicStream client, ConnectionContext server) = await pair.OpenAsync([1]);
        if (set is { } code)
        {
            server.Features.Get<IProtocolErrorCodeFeature>()!.Error = code;
        }

        server.Abort(new ConnectionAbortedException("no"));
        server.Abort();

        Assert.Equal(expected, (await Assert.ThrowsAsync<QuicException>(() => client.WritesClosed.Soon())).ApplicationErrorCode);
        Assert.Equal(expected, (await Assert.ThrowsAsync<QuicException>(() => client.ReadsClosed.Soon())).ApplicationErrorCode);
        Assert.True((await server.Transport.Output.FlushAsync().AsTask().Soon()).IsCompleted);
        await client.DisposeAsync();
    }

    [Fact]
    public async Task Completing_the_output_with_an_exception_resets_it()
    {
        await using TransportPair pair = await TransportPair.CreateAsync();
        (QuicStream client, ConnectionContext server) = await pair.OpenAsync([1]);
        server.Features.Get<IProtocolErrorCodeFeature>()!.Error = 0x333;

        await server.Transport.Output.CompleteAsync(new InvalidOperationException("failed")).AsTask().Soon();

        Assert.Equal(0x333, (await Assert.ThrowsAsync<QuicException>(() => client.ReadsClosed.Soon())).ApplicationErrorCode);
        await client.DisposeAsync();
    }

    [Fact]
    public async Task Small_writes_and_large_come_in_order_and_to_the_end()
    {
        await using TransportPair pair = await TransportPair.CreateAsync();
        (QuicStream client, ConnectionContext server) = await pair.OpenAsync([1], isLast: true);
        Task<byte[]> reading = client.ReadToEndAsync(10_000_000).Soon();
        var random = new Random(4711);
        var sent = new MemoryStream();
        PipeWriter output = server.Transport.Output;
        for (int i = 0; i < 500; i++)
        {
            byte[] piece = new byte[random.Next(4) == 0 ? random.Next(20_000) : random.Next(100)];
            random.NextBytes(piece);
            sent.Write(piece);
            output.Write(piece);
            if (random.Next(3) > 0)
            {
                Assert.False((await output.FlushAsync().AsTask().Soon()).IsCompleted);
            }

            if (random.Next(20) == 0)
            {
                await Task.Yield();
            }
        }

        await output.CompleteAsync().AsTask().Soon();

        Assert.Equal(sent.ToArray(), await reading);
        await client.DisposeAsync();
    }

    [Fact]
    public async Task A_flush_waits_while_too_much_could_not_be_written()
    {
        await using TransportPair pair = await TransportPair.CreateAsync(options => options.MaxWriteBufferSize = 10_000);
        (QuicStream client, ConnectionContext server) = await pair.OpenAsync([1], isLast: true);
        PipeWriter output = server.Transport.Output;
        long written = 0;

        Task<FlushResult> waiting = Fill(CancellationToken.None);
        output.CancelPendingFlush();
        Assert.True((await waiting.Soon()).IsCanceled);
        using var cancel = new CancellationTokenSource();
        waiting = Fill(cancel.Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.Soon());
        waiting = Fill(CancellationToken.None);
        Task<byte[]> reading = client.ReadToEndAsync(200_000_000).Soon();
        Assert.False((await waiting.Soon()).IsCompleted);
        await output.CompleteAsync().AsTask().Soon();

        Assert.Equal(written, (await reading).Length);
        await client.DisposeAsync();

        Task<FlushResult> Fill(CancellationToken cancellationToken)
        {
            while (true)
            {
                output.Write(new byte[50_000]);
                written += 50_000;
                ValueTask<FlushResult> flush = output.FlushAsync(cancellationToken);
                if (!flush.IsCompleted)
                {
                    return flush.AsTask();
                }
            }
        }
    }

    [Fact]
    public async Task A_stream_that_is_held_up_keeps_its_dispose_waiting()
    {
        await using TransportPair pair = await TransportPair.CreateAsync();
        (QuicStream client, ConnectionContext server) = await pair.OpenAsync([1], isLast: true);
        PipeWriter output = server.Transport.Output;
        ValueTask<FlushResult> flush;
        do
        {
            output.Write(new byte[100_000]);
            flush = output.FlushAsync();
        }
        while (flush.IsCompleted);

        await output.CompleteAsync().AsTask().Soon();
        Task disposing = server.DisposeAsync().AsTask();
        Assert.False(disposing.IsCompleted);
        client.Abort(QuicAbortDirection.Read, 0x10C);

        await disposing.Soon();
        Assert.True((await flush.Soon()).IsCompleted);
        await client.DisposeAsync();
    }

    [Fact]
    public async Task What_was_written_arrives_though_the_connection_is_closed_right_after()
    {
        await using TransportPair pair = await TransportPair.CreateAsync();
        (QuicStream client, ConnectionContext server) = await pair.OpenAsync([1], isLast: true);
        await ReadAllAsync(server.Transport.Input);
        server.Transport.Output.Write(new byte[5000]);
        await server.Transport.Output.CompleteAsync().AsTask().Soon();
        await server.DisposeAsync().AsTask().Soon();
        ((IDisposable)server).Dispose();
        pair.Server.Features.Get<IProtocolErrorCodeFeature>()!.Error = 0x100;

        pair.Server.Abort(new ConnectionAbortedException("done"));
        await pair.Server.DisposeAsync().AsTask().Soon();

        Assert.Equal(5000, (await client.ReadToEndAsync(10_000).Soon()).Length);
        await client.DisposeAsync();
    }

    [Fact]
    public async Task A_context_that_ended_well_serves_again_with_its_state()
    {
        await using TransportPair pair = await TransportPair.CreateAsync();
        ConnectionContext first = await ServeOnceAsync(pair, context =>
        {
            context.Features.Get<IPersistentStateFeature>()!.State["kept"] = 1;
            context.Items["forgotten"] = 1;
            context.Features.Set(new StringBuilder("forgotten"));
        });

        ConnectionContext second = await ServeOnceAsync(pair, context =>
        {
            Assert.Equal(1, context.Features.Get<IPersistentStateFeature>()!.State["kept"]);
            Assert.Empty(context.Items);
            Assert.Null(context.Features.Get<StringBuilder>());
            Assert.Equal(4, context.Features.Get<IStreamIdFeature>()!.StreamId);
            Assert.EndsWith(":00000004", context.ConnectionId, StringComparison.Ordinal);
            Assert.False(context.ConnectionClosed.IsCancellationRequested);
        });

        Assert.Same(first, second);
    }

    [Fact]
    public async Task A_context_that_did_not_end_well_is_used_no_more()
    {
        await using TransportPair pair = await TransportPair.CreateAsync();
        ConnectionContext first = await ServeOnceAsync(pair, context =>
            context.Features.Get<IStreamAbortFeature>()!.AbortRead(0x100, new ConnectionAbortedException("enough")));

        ConnectionContext second = await ServeOnceAsync(pair, _ => { });

        Assert.NotSame(first, second);
    }

    [Fact]
    public async Task Waiting_for_a_stream_can_be_cancelled()
    {
        await using TransportPair pair = await TransportPair.CreateAsync();
        using var cancel = new CancellationTokenSource();
        Task<ConnectionContext?> accepting = pair.Server.AcceptAsync(cancel.Token).AsTask();
        await cancel.CancelAsync();

        Assert.Null(await accepting.Soon());
        (QuicStream client, ConnectionContext server) = await pair.OpenAsync([1]);
        Assert.NotNull(server);
        await client.DisposeAsync();
    }

    [Fact]
    public async Task A_close_by_the_client_is_a_ConnectionResetException_and_leaves_its_code()
    {
        await using TransportPair pair = await TransportPair.CreateAsync();
        var closed = new TaskCompletionSource();
        pair.Server.ConnectionClosed.Register(closed.SetResult);
        Task<ConnectionContext?> accepting = pair.Server.AcceptAsync().AsTask();

        await pair.Client.CloseAsync(0x111).Soon();

        ConnectionResetException error = await Assert.ThrowsAsync<ConnectionResetException>(() => accepting.Soon());
        Assert.Equal(QuicError.ConnectionAborted, Assert.IsType<QuicException>(error.InnerException).QuicError);
        Assert.Equal(0x111, pair.Server.Features.Get<IProtocolErrorCodeFeature>()!.Error);
        await closed.Task.Soon();
    }

    [Fact]
    public async Task An_abort_of_our_own_is_its_reason_again_and_sends_its_code()
    {
        await using TransportPair pair = await TransportPair.CreateAsync();
        Task<ConnectionContext?> accepting = pair.Server.AcceptAsync().AsTask();
        pair.Server.Features.Get<IProtocolErrorCodeFeature>()!.Error = 0x105;
        var reason = new ConnectionAbortedException("no more");

        pair.Server.Abort(reason);
        pair.Server.Abort(new ConnectionAbortedException("again"));

        Assert.Same(reason, await Assert.ThrowsAsync<ConnectionAbortedException>(() => accepting.Soon()));
        QuicException error = await Assert.ThrowsAsync<QuicException>(async () => await pair.Client.AcceptInboundStreamAsync().Soon());
        Assert.Equal(0x105, error.ApplicationErrorCode);
        await Assert.ThrowsAsync<ConnectionAbortedException>(async () => await pair.Server.ConnectAsync().Soon());
        Assert.False(pair.Server.ConnectionClosed.IsCancellationRequested);
    }

    [Fact]
    public async Task An_abort_ends_streams_and_waiting_at_once_whatever_the_code()
    {
        await using TransportPair pair = await TransportPair.CreateAsync();
        (QuicStream client, ConnectionContext server) = await pair.OpenAsync([1], isLast: true);
        await using QuicStream _ = client;
        server.Transport.Output.Write(new byte[100]);
        await server.Transport.Output.FlushAsync().AsTask().Soon();
        Task<ConnectionContext?> accepting = pair.Server.AcceptAsync().AsTask();
        pair.Server.Features.Get<IProtocolErrorCodeFeature>()!.Error = 0x100;
        var reason = new ConnectionAbortedException("the server stops");

        pair.Server.Abort(reason);

        Assert.Same(reason, await Assert.ThrowsAsync<ConnectionAbortedException>(() => accepting.Soon()));
        Assert.True((await server.Transport.Output.WriteAsync(new byte[100_000]).AsTask().Soon()).IsCompleted);
    }

    [Fact]
    public async Task A_connection_that_went_silent_is_a_ConnectionAbortedException()
    {
        await using TransportPair pair = await TransportPair.CreateAsync(
            options => options.IdleTimeout = TimeSpan.FromMilliseconds(300));

        Exception error = await Assert.ThrowsAsync<ConnectionAbortedException>(async () => await pair.Server.AcceptAsync().Soon());

        Assert.Equal(QuicError.ConnectionIdle, Assert.IsType<QuicException>(error.InnerException).QuicError);
    }

    [Fact]
    public async Task Dispose_closes_with_the_default_code()
    {
        await using TransportPair pair = await TransportPair.CreateAsync(options => options.DefaultCloseErrorCode = 0x1FF);

        await pair.Server.DisposeAsync().AsTask().Soon();

        QuicException error = await Assert.ThrowsAsync<QuicException>(async () => await pair.Client.AcceptInboundStreamAsync().Soon());
        Assert.Equal(0x1FF, error.ApplicationErrorCode);
    }

    [Fact]
    public async Task A_listener_that_is_unbound_accepts_nobody_and_leaves_connections_alone()
    {
        await using TransportPair pair = await TransportPair.CreateAsync();
        Task<MultiplexedConnectionContext?> accepting = pair.Listener.AcceptAsync().AsTask();

        await pair.Listener.UnbindAsync().AsTask().Soon();

        Assert.Null(await accepting.Soon());
        Assert.Null(await pair.Listener.AcceptAsync().Soon());
        (QuicStream client, ConnectionContext server) = await pair.OpenAsync("on"u8.ToArray(), isLast: true);
        Assert.Equal("on"u8.ToArray(), (await ReadAllAsync(server.Transport.Input)).Buffer.ToArray());
        await client.DisposeAsync();
    }

    private static async Task<ConnectionContext> ServeOnceAsync(TransportPair pair, Action<ConnectionContext> use)
    {
        (QuicStream client, ConnectionContext server) = await pair.OpenAsync("request"u8.ToArray(), isLast: true);
        await using QuicStream _ = client;
        ReadResult request = await server.Transport.Input.ReadAsync().Soon();
        server.Transport.Input.AdvanceTo(request.Buffer.End);
        use(server);
        await server.Transport.Input.CompleteAsync();
        server.Transport.Output.Write("answer"u8);
        await server.Transport.Output.FlushAsync().AsTask().Soon();
        await server.Transport.Output.CompleteAsync().AsTask().Soon();
        Assert.Equal("answer"u8.ToArray(), await client.ReadToEndAsync(100).Soon());
        await server.DisposeAsync().AsTask().Soon();
        ((IDisposable)server).Dispose();
        return server;
    }

    private static async Task<ReadResult> ReadAllAsync(PipeReader input)
    {
        while (true)
        {
            ReadResult result = await input.ReadAsync().Soon();
            if (result.IsCompleted)
            {
                return result;
            }

            input.AdvanceTo(result.Buffer.Start, result.Buffer.End);
        }
    }

    private sealed class Direction(bool canRead) : IStreamDirectionFeature
    {
        public bool CanRead => canRead;

        public bool CanWrite => true;
    }
}
