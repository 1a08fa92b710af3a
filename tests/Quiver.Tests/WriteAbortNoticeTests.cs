using Quiver.Tests.Infrastructure;

namespace Quiver.Tests;

/// <summary>Being told, without a task, that nobody wants what is written; and knowing the end with the last byte.</summary>
public sealed class WriteAbortNoticeTests
{
    [Fact]
    public async Task STOP_SENDING_queues_the_work_item()
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync();
        (QuicStream client, QuicStream server) = await pair.OpenAsync();
        var notice = new Notice();
        server.QueueWhenWritesAborted(notice);

        client.Abort(QuicAbortDirection.Read, 5);

        await notice.Task.Soon();
        Assert.Equal(5, (await Assert.ThrowsAsync<QuicException>(() => server.WritesClosed.Soon())).ApplicationErrorCode);
    }

    [Fact]
    public async Task The_end_of_the_connection_queues_it()
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync();
        (_, QuicStream server) = await pair.OpenAsync();
        var notice = new Notice();
        server.QueueWhenWritesAborted(notice);

        await pair.Client.CloseAsync(5).Soon();

        await notice.Task.Soon();
    }

    [Fact]
    public async Task It_is_queued_at_once_when_that_has_happened()
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync();
        (QuicStream client, QuicStream server) = await pair.OpenAsync();
        client.Abort(QuicAbortDirection.Read, 5);
        await Assert.ThrowsAsync<QuicException>(() => server.WritesClosed.Soon());
        var notice = new Notice();

        server.QueueWhenWritesAborted(notice);

        await notice.Task.Soon();
    }

    [Fact]
    public async Task Ends_of_our_own_do_not_queue_it_nor_does_one_that_was_replaced()
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync();
        var notices = new Notice[4];
        for (int i = 0; i < notices.Length; i++)
        {
            (QuicStream client, QuicStream server) = await pair.OpenAsync();
            notices[i] = new Notice();
            server.QueueWhenWritesAborted(notices[i]);
            switch (i)
            {
                case 0:
                    server.Abort(QuicAbortDirection.Write, 1);
                    break;
                case 1:
                    await server.WriteAsync(new byte[10], completeWrites: true).Soon();
                    await client.ReadToEndAsync(100).Soon();
                    await server.WritesClosed.Soon();
                    break;
                case 2:
                    Task disposing = server.DisposeAsync().AsTask();
                    client.Abort(QuicAbortDirection.Read, 5);
                    await client.DisposeAsync().AsTask().Soon();
                    await disposing.Soon();
                    Assert.Throws<ObjectDisposedException>(() => server.QueueWhenWritesAborted(null));
                    break;
                case 3:
                    var other = new Notice();
                    server.QueueWhenWritesAborted(other);
                    client.Abort(QuicAbortDirection.Read, 5);
                    await other.Task.Soon();
                    break;
            }
        }

        Assert.All(notices, notice => Assert.False(notice.Task.IsCompleted));
    }

    [Fact]
    public async Task The_end_is_known_with_the_last_byte()
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync();
        (QuicStream client, QuicStream server) = await pair.OpenAsync();
        byte[] buffer = new byte[4];
        await client.WriteAsync("12345"u8.ToArray(), completeWrites: true).Soon();

        Assert.Equal(4, await server.ReadAsync(buffer).Soon());
        Assert.False(server.IsReadToEnd);
        Assert.Equal(1, await server.ReadAsync(buffer).Soon());
        Assert.True(server.IsReadToEnd);
    }

    private sealed class Notice : IThreadPoolWorkItem
    {
        private readonly TaskCompletionSource _queued = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Task => _queued.Task;

        public void Execute() => _queued.TrySetResult();
    }
}
