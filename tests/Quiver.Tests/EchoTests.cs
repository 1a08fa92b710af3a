using Quiver.Tests.Infrastructure;

namespace Quiver.Tests;

public sealed class EchoTests
{
    [Fact]
    public async Task A_client_gets_back_what_it_sent()
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync();
        await using QuicStream stream = await pair.Client.OpenOutboundStreamAsync(QuicStreamType.Bidirectional).Soon();
        await stream.WriteAsync("hello"u8.ToArray(), completeWrites: true).Soon();

        await using QuicStream accepted = await pair.Server.AcceptInboundStreamAsync().Soon();
        await accepted.CopyToAsync(accepted).Soon();
        accepted.CompleteWrites();

        using var received = new MemoryStream();
        await stream.CopyToAsync(received).Soon();
        Assert.Equal("hello"u8.ToArray(), received.ToArray());
    }
}
