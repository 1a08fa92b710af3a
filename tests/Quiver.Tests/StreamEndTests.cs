using System.Buffers;
using System.IO.Pipelines;
using Quiver.Tests.Infrastructure;

namespace Quiver.Tests;

/// <summary>Who reads to the end sees the end, and who reads exactly what there is needs no trick.</summary>
public sealed class StreamEndTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(4096)]
    [InlineData(100_000)]
    public async Task ReadToEnd_gives_everything_and_completes_the_half(int length)
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync();
        (QuicStream client, QuicStream server) = await pair.OpenAsync();
        byte[] sent = new byte[length];
        new Random(1).NextBytes(sent);
        Task write = client.WriteAsync(sent, completeWrites: true).Soon();
        Assert.Equal(sent, await server.ReadToEndAsync(length).Soon());
        await write;
        await server.ReadsClosed.Soon();
        Assert.Empty(await server.ReadToEndAsync(0).Soon());
    }

    [Fact]
    public async Task ReadToEnd_stops_a_peer_that_sends_more_than_is_wanted()
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync();
        (QuicStream client, QuicStream server) = await pair.OpenAsync();
        await client.WriteAsync(new byte[101]).Soon();
        await Assert.ThrowsAsync<InvalidDataException>(() => server.ReadToEndAsync(100).Soon());
        await AssertQuic.ErrorAsync(QuicError.StreamAborted, Loopback.StreamError, () => client.WritesClosed);
        await AssertQuic.ErrorAsync(QuicError.OperationAborted, null, () => server.ReadsClosed);
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => server.ReadToEndAsync(-1).Soon());
    }

    [Fact]
    public async Task A_read_of_exactly_what_was_sent_completes_the_half_once_the_end_is_known()
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync();
        (QuicStream client, QuicStream server) = await pair.OpenAsync();
        await client.WriteAsync(new byte[17]).Soon();
        await server.ReadExactlyAsync(new byte[17]).AsTask().Soon();
        Assert.False(server.ReadsClosed.IsCompleted);
        client.CloseWrite();
        await server.ReadsClosed.Soon();

        // And with its own write side closed the stream is gone, though nobody disposed it or saw the end.
        server.CloseWrite();
        await server.WritesClosed.Soon();
        await client.WritesClosed.Soon();
        Assert.Equal(0, StreamCounts.OnWire(pair.Server));
    }

    [Fact]
    public async Task A_pipe_reader_and_CopyTo_see_the_end()
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync();
        (QuicStream client, QuicStream server) = await pair.OpenAsync();
        await client.WriteAsync(new byte[50_000], completeWrites: true).Soon();
        PipeReader reader = PipeReader.Create(server, new StreamPipeReaderOptions(leaveOpen: true));
        long length = 0;
        ReadResult result;
        do
        {
            result = await reader.ReadAsync().Soon();
            length += result.Buffer.Length;
            reader.AdvanceTo(result.Buffer.End);
        }
        while (!result.IsCompleted);
        await reader.CompleteAsync();
        Assert.Equal(50_000, length);
        await server.ReadsClosed.Soon();

        PipeWriter writer = PipeWriter.Create(server, new StreamPipeWriterOptions(leaveOpen: true));
        writer.Write(new byte[30_000]);
        await writer.FlushAsync().Soon();
        await writer.CompleteAsync();
        server.CloseWrite();
        using var copy = new MemoryStream();
        await client.CopyToAsync(copy).Soon();
        Assert.Equal(30_000, copy.Length);
        await client.ReadsClosed.Soon();
    }

    [Fact]
    public async Task Dispose_in_any_state_leaves_nothing_and_may_be_repeated()
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync();
        Action<QuicStream, QuicStream>[] states =
        [
            (_, _) => { },
            (client, _) => client.CloseWrite(),
            (client, server) => { client.CloseWrite(); server.CloseWrite(); },
            (client, server) => server.Abort(QuicAbortDirection.Write, 1),
            (client, server) => server.Abort(QuicAbortDirection.Both, 1),
            (client, _) => client.CloseRead(),
            (client, _) => client.CloseWrite(5),
            (client, _) => client.Abort(QuicAbortDirection.Both, 6),
        ];
        foreach (Action<QuicStream, QuicStream> state in states)
        {
            (QuicStream client, QuicStream server) = await pair.OpenAsync();
            await client.WriteAsync(new byte[500]).Soon();
            state(client, server);
            Task[] disposals = [.. Enumerable.Range(0, 4).Select(_ => Task.Run(() => client.DisposeAsync().AsTask()))];
            await Task.WhenAll(disposals).Soon();
            await server.DisposeAsync().Soon();
            await client.DisposeAsync().Soon();
        }

        QuicStream unused = await pair.Client.OpenOutboundStreamAsync(QuicStreamType.Bidirectional).Soon();
        await unused.DisposeAsync().Soon();
        await (await pair.Server.AcceptInboundStreamAsync().Soon()).DisposeAsync().Soon();
        await Collecting.UntilAsync(() => StreamCounts.OnWire(pair.Client) + StreamCounts.OnWire(pair.Server) == 0);
        Assert.Equal(0, StreamCounts.Live(pair.Client) + StreamCounts.Live(pair.Server));
    }
}
