using System.Runtime.CompilerServices;
using Quiver.Tests.Infrastructure;

namespace Quiver.Tests;

/// <summary>What the garbage collector may take, and what pending operations keep alive.</summary>
public sealed class CollectionTests
{
    [Fact]
    public async Task After_dispose_streams_and_connections_can_be_collected()
    {
        QuicListener listener = await Loopback.ListenAsync();
        WeakReference[] gone = await UseAndDisposeAsync(listener);
        await listener.DisposeAsync().Soon();
        await AssertCollectedAsync(gone);
    }

    [Fact]
    public async Task A_connection_keeps_no_handle_of_an_idle_stream()
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync();
        WeakReference handle = await DropAsync(pair);
        await AssertCollectedAsync(handle);
    }

    [Fact]
    public async Task A_pending_read_keeps_its_stream()
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync();
        (Task<int> read, WeakReference client, QuicStream server) = await StartReadAsync(pair);
        Collect();
        Assert.True(client.IsAlive);
        await server.WriteAsync(new byte[1]).Soon();
        Assert.Equal(1, await read);
    }

    [Fact]
    public async Task After_dispose_a_listener_can_be_collected()
    {
        WeakReference listener = await ListenAndDisposeAsync();
        await AssertCollectedAsync(listener);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task<WeakReference> ListenAndDisposeAsync()
    {
        QuicListener listener = await Loopback.ListenAsync();
        Task pending = Assert.ThrowsAsync<ObjectDisposedException>(() => listener.AcceptConnectionAsync().Soon());
        await listener.DisposeAsync().Soon();
        await pending;
        return new WeakReference(listener);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task<WeakReference[]> UseAndDisposeAsync(QuicListener listener)
    {
        Task<QuicConnection> accept = listener.AcceptConnectionAsync().Soon();
        QuicConnection client = await Loopback.ConnectAsync(listener);
        QuicConnection server = await accept;
        QuicStream stream = await client.OpenOutboundStreamAsync(QuicStreamType.Bidirectional).Soon();
        await stream.WriteAsync(new byte[10], completeWrites: true).Soon();
        QuicStream accepted = await server.AcceptInboundStreamAsync().Soon();
        await accepted.CopyToAsync(accepted).Soon();
        await accepted.DisposeAsync().Soon();
        await stream.CopyToAsync(System.IO.Stream.Null).Soon();
        await stream.DisposeAsync().Soon();
        Task<QuicStream> pending = server.AcceptInboundStreamAsync().Soon();
        await client.DisposeAsync().Soon();
        await Assert.ThrowsAsync<QuicException>(() => pending);
        await server.DisposeAsync().Soon();
        return [new(stream), new(accepted), new(client), new(server)];
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task<WeakReference> DropAsync(ConnectedPair pair)
    {
        (QuicStream client, _) = await pair.OpenDroppableAsync();
        return new WeakReference(client);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task<(Task<int> Read, WeakReference Client, QuicStream Server)> StartReadAsync(ConnectedPair pair)
    {
        (QuicStream client, QuicStream server) = await pair.OpenDroppableAsync();
        return (client.ReadAsync(new byte[1]).Soon(), new WeakReference(client), server);
    }

    private static async Task AssertCollectedAsync(params WeakReference[] references)
    {
        // State machines on other threads' stacks may hold on for a moment longer.
        for (int attempt = 0; attempt < 100 && references.Any(reference => reference.IsAlive); attempt++)
        {
            await Task.Delay(20);
            Collect();
        }

        Assert.All(references, reference => Assert.False(reference.IsAlive, $"{reference.Target} is still referenced"));
    }

    private static void Collect()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
    }
}
