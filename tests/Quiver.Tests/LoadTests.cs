using Quiver.Driving;
using Quiver.Tests.Infrastructure;

namespace Quiver.Tests;

/// <summary>Many things at once: what goes wrong only then goes wrong here.</summary>
public sealed class LoadTests
{
    [Fact]
    public async Task Many_connections_with_many_streams_each_echo_what_they_are_sent()
    {
        const int Connections = 20;
        const int Streams = 30;
        await using QuicListener listener = await Loopback.ListenAsync();
        Task serve = ServeAsync(listener, Connections);
        await Task.WhenAll(Enumerable.Range(0, Connections).Select(async c =>
        {
            await using QuicConnection client = await Loopback.ConnectAsync(listener);
            await Task.WhenAll(Enumerable.Range(0, Streams).Select(s => EchoAsync(client, seed: (c * Streams) + s)));
        }));
        await serve.Soon();
    }

    [Fact]
    public async Task Connections_that_come_and_go_leave_nothing_behind()
    {
        await using QuicListener listener = await Loopback.ListenAsync();
        EndpointLoop? clients = null;
        EndpointLoop? servers = null;

        // A socket of their own: other tests use the shared one at the same time.
        await using QuicListener place = await Loopback.ListenAsync();
        QuicClientConnectionOptions options = Loopback.ClientOptions(listener.LocalEndPoint);
        options.LocalEndPoint = place.LocalEndPoint;
        for (int round = 0; round < 5; round++)
        {
            Task<QuicConnection>[] accepts = [.. Enumerable.Range(0, 20).Select(_ => listener.AcceptConnectionAsync().Soon())];
            QuicConnection[] ofClients = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => QuicConnection.ConnectAsync(options).Soon()));
            QuicConnection[] ofServers = await Task.WhenAll(accepts);
            clients = ofClients[0].Driver.Loop;
            servers = ofServers[0].Driver.Loop;
            await Task.WhenAll(ofClients.Concat(ofServers).Select(connection => connection.DisposeAsync().Soon()));
        }

        // Draining takes three probe time-outs.
        for (int attempt = 0; attempt < 500 && (servers!.Endpoint.Count > 0 || clients!.Endpoint.Count > 0); attempt++)
        {
            await Task.Delay(10);
        }

        Assert.Equal(0, servers!.Endpoint.Count);
        Assert.Equal(0, clients!.Endpoint.Count);
    }

    [Fact]
    public async Task Streams_that_are_cancelled_aborted_or_dropped_at_random_end_all_the_same()
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync(server: options => options.MaxInboundBidirectionalStreams = 50);
        using var stop = new CancellationTokenSource();
        Task serve = Task.Run(async () =>
        {
            try
            {
                while (true)
                {
                    QuicStream stream = await pair.Server.AcceptInboundStreamAsync(stop.Token);
                    _ = EchoBackAsync(stream);
                }
            }
            catch (OperationCanceledException)
            {
                // The end of the test.
            }
        });

        await Task.WhenAll(Enumerable.Range(0, 8).Select(worker => Task.Run(async () =>
        {
            var random = new Random(worker);
            for (int i = 0; i < 100; i++)
            {
                await MistreatAsync(pair.Client, random);
            }
        })));

        // The streams that were mistreated gave their credit back, or these would wait for ever.
        for (int i = 0; i < 60; i++)
        {
            await EchoAsync(pair.Client, seed: i);
        }

        await stop.CancelAsync();
        await serve.Soon();
    }

    private static async Task MistreatAsync(QuicConnection client, Random random)
    {
        QuicStream stream = await client.OpenOutboundStreamAsync(QuicStreamType.Bidirectional).Soon();
        try
        {
            using var cancellation = new CancellationTokenSource();
            await stream.WriteAsync(new byte[random.Next(1, 20_000)], cancellation.Token).Soon();
            switch (random.Next(5))
            {
                case 0:
                    Task<int> read = stream.ReadAsync(new byte[100_000], cancellation.Token).Soon();
                    await cancellation.CancelAsync();
                    await read;
                    break;
                case 1:
                    stream.Abort((QuicAbortDirection)random.Next(1, 4), random.Next());
                    break;
                case 2:
                    stream.CompleteWrites();
                    break;
                case 3:
                    await stream.ReadAsync(new byte[1]).Soon();
                    break;
            }
        }
        catch (Exception e) when (e is OperationCanceledException or QuicException)
        {
            // Some of the above.
        }
        finally
        {
            await stream.DisposeAsync().Soon();
        }
    }

    private static async Task EchoAsync(QuicConnection client, int seed)
    {
        var random = new Random(seed);
        byte[] sent = new byte[random.Next(0, 200_000)];
        random.NextBytes(sent);
        await using QuicStream stream = await client.OpenOutboundStreamAsync(QuicStreamType.Bidirectional).Soon();
        Task write = stream.WriteAsync(sent, completeWrites: true).Soon();
        using var received = new MemoryStream();
        await stream.CopyToAsync(received).Soon();
        await write;
        Assert.True(sent.AsSpan().SequenceEqual(received.ToArray()));
    }

    private static async Task EchoBackAsync(QuicStream stream)
    {
        try
        {
            await stream.CopyToAsync(stream).Soon();
            stream.CompleteWrites();
        }
        catch (Exception e) when (e is QuicException or TimeoutException)
        {
            // The client has had enough.
        }
        finally
        {
            await stream.DisposeAsync();
        }
    }

    private static async Task ServeAsync(QuicListener listener, int connections)
    {
        List<Task> serving = [];
        for (int i = 0; i < connections; i++)
        {
            QuicConnection connection = await listener.AcceptConnectionAsync().Soon();
            serving.Add(Task.Run(async () =>
            {
                await using (connection)
                {
                    try
                    {
                        while (true)
                        {
                            _ = EchoBackAsync(await connection.AcceptInboundStreamAsync());
                        }
                    }
                    catch (QuicException e) when (e.QuicError == QuicError.ConnectionAborted)
                    {
                        // The client is done.
                    }
                }
            }));
        }

        await Task.WhenAll(serving);
    }
}
