using System.Net;
using Echo;
using Quiver.Tests.Infrastructure;

namespace Quiver.Tests;

/// <summary>The sample works; that it compiles against System.Net.Quic too is checked by building samples/Echo.SystemNetQuic.</summary>
public sealed class EchoTests
{
    [Fact]
    public async Task A_client_gets_back_what_it_sent()
    {
        await using QuicListener listener = await EchoServer.StartAsync(new IPEndPoint(IPAddress.Loopback, 0), Certificates.Server).Soon();
        Task<string> answer = EchoClient.AskAsync(listener.LocalEndPoint, "hello", (_, _, _, _) => true).Soon();
        Task serving = EchoServer.ServeAsync(await listener.AcceptConnectionAsync().Soon());
        Assert.Equal("hello", await answer);
        QuicException e = await Assert.ThrowsAsync<QuicException>(() => serving.Soon());
        Assert.Equal(QuicError.ConnectionAborted, e.QuicError);
    }
}
