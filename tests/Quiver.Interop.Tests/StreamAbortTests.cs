namespace Quiver.Interop.Tests;

/// <summary>RESET_STREAM and STOP_SENDING, ours at the peer and the peer's at us, with their codes.</summary>
public sealed class StreamAbortTests
{
    private const long Code = 12_345;

    [Theory]
    [Rfc(9000, "19.4")]
    [MemberData(nameof(Matrix.All), MemberType = typeof(Matrix))]
    public async Task Our_reset_reaches_the_peer_with_its_code(PeerKind peer, Side side)
    {
        await using OrderedPeer ordered = await OrderedPeer.StartAsync(peer, side);
        await using QuicStream stream = await ordered.OrderAsync("read");
        await stream.ReadExactlyAsync(new byte["go\n".Length]).AsTask().Soon();
        await stream.WriteAsync(new byte[1000]).Soon();
        stream.Abort(QuicAbortDirection.Write, Code);
        await ordered.Process.LineAsync($"reset {Code}");
    }

    [Theory]
    [Rfc(9000, "19.5")]
    [MemberData(nameof(Matrix.All), MemberType = typeof(Matrix))]
    public async Task Our_STOP_SENDING_reaches_the_peer_with_its_code(PeerKind peer, Side side)
    {
        await using OrderedPeer ordered = await OrderedPeer.StartAsync(peer, side);
        await using QuicStream stream = await ordered.OrderAsync("flood");
        await stream.ReadExactlyAsync(new byte[100_000]).AsTask().Soon();
        stream.Abort(QuicAbortDirection.Read, Code);
        await ordered.Process.LineAsync($"stopped {Code}");
    }

    [Theory]
    [Rfc(9000, "19.4")]
    [MemberData(nameof(Matrix.WithStreamCodes), MemberType = typeof(Matrix))]
    public async Task The_peers_reset_is_StreamAborted_with_its_code(PeerKind peer, Side side)
    {
        await using OrderedPeer ordered = await OrderedPeer.StartAsync(peer, side);
        await using QuicStream stream = await ordered.OrderAsync($"reset {Code}");
        QuicException e = await Assert.ThrowsAsync<QuicException>(async () =>
        {
            byte[] buffer = new byte[100];
            while (await stream.ReadAsync(buffer).Soon() > 0)
            {
            }
        });
        AssertAborted(e, Code);
    }

    [Theory]
    [Rfc(9000, "19.5")]
    [MemberData(nameof(Matrix.WithStreamCodes), MemberType = typeof(Matrix))]
    public async Task The_peers_STOP_SENDING_is_StreamAborted_with_its_code(PeerKind peer, Side side)
    {
        await using OrderedPeer ordered = await OrderedPeer.StartAsync(peer, side);
        await using QuicStream stream = await ordered.OrderAsync($"stop {Code}");
        AssertAborted(await WriteUntilStoppedAsync(stream), Code);
    }

    // Deno cannot give a code: a cancelled stream sends 0.
    [Theory]
    [Rfc(9000, "19.5")]
    [InlineData(Side.WeAreClient)]
    [InlineData(Side.WeAreServer)]
    public async Task Quinns_STOP_SENDING_is_StreamAborted_with_code_0(Side side)
    {
        await using OrderedPeer ordered = await OrderedPeer.StartAsync(PeerKind.Quinn, side);
        await using QuicStream stream = await ordered.OrderAsync("stop");
        AssertAborted(await WriteUntilStoppedAsync(stream), 0);
    }

    // The rest of the connection is as it was.
    [Theory]
    [MemberData(nameof(Matrix.All), MemberType = typeof(Matrix))]
    public async Task Streams_after_aborted_ones_carry_data(PeerKind peer, Side side)
    {
        await using OrderedPeer ordered = await OrderedPeer.StartAsync(peer, side);
        for (int i = 0; i < 5; i++)
        {
            QuicStream stream = await ordered.OrderAsync("flood");
            await stream.ReadExactlyAsync(new byte[100_000]).AsTask().Soon();
            stream.Abort(QuicAbortDirection.Both, Code);
            await stream.DisposeAsync().Soon();
        }

        await using QuicStream last = await ordered.OrderAsync("echo");
        await Echo.SendAsync(last, 5_000_000);
    }

    private static Task<QuicException> WriteUntilStoppedAsync(QuicStream stream) => Assert.ThrowsAsync<QuicException>(async () =>
    {
        while (true)
        {
            await stream.WriteAsync(new byte[10_000]).Soon();
        }
    });

    private static void AssertAborted(QuicException e, long code)
    {
        Assert.Equal(QuicError.StreamAborted, e.QuicError);
        Assert.Equal(code, e.ApplicationErrorCode);
    }
}
