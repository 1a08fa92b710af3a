namespace Quiver.Interop.Tests;

/// <summary>Application close codes, ours at the peer and the peer's at us.</summary>
public sealed class CloseTests
{
    private const long Code = 54_321;

    [Theory]
    [Rfc(9000, "10.2")]
    [MemberData(nameof(Matrix.All), MemberType = typeof(Matrix))]
    public async Task Our_close_code_reaches_the_peer(PeerKind peer, Side side)
    {
        await using OrderedPeer ordered = await OrderedPeer.StartAsync(peer, side);
        await using (QuicStream stream = await ordered.OrderAsync("echo"))
        {
            await Echo.SendAsync(stream, 1000);
        }

        await ordered.Connection.CloseAsync(Code).Soon();
        await ordered.Process.LineAsync($"closed {Code}");
    }

    [Theory]
    [Rfc(9000, "10.2")]
    [MemberData(nameof(Matrix.All), MemberType = typeof(Matrix))]
    public async Task The_peers_close_code_ends_every_call(PeerKind peer, Side side)
    {
        await using OrderedPeer ordered = await OrderedPeer.StartAsync(peer, side);
        await using QuicStream waiting = await ordered.OrderAsync("echo");
        await waiting.WriteAsync(new byte[1]).Soon();
        await waiting.ReadExactlyAsync(new byte[1]).AsTask().Soon();
        Task<int> read = waiting.ReadAsync(new byte[1]).Soon();
        Task<QuicStream> accept = ordered.Connection.AcceptInboundStreamAsync().Soon();
        await using QuicStream order = await ordered.OrderAsync($"close {Code}");

        AssertClosed(await Assert.ThrowsAsync<QuicException>(() => read));
        AssertClosed(await Assert.ThrowsAsync<QuicException>(() => accept));
        AssertClosed(await Assert.ThrowsAsync<QuicException>(() => waiting.WriteAsync(new byte[1]).Soon()));
        AssertClosed(await Assert.ThrowsAsync<QuicException>(
            () => ordered.Connection.OpenOutboundStreamAsync(QuicStreamType.Bidirectional).Soon()));
    }

    private static void AssertClosed(QuicException e)
    {
        Assert.Equal(QuicError.ConnectionAborted, e.QuicError);
        Assert.Equal(Code, e.ApplicationErrorCode);
    }
}
