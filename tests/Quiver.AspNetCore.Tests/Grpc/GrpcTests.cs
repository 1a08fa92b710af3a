using System.Net;
using System.Net.Security;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Quiver.Http3;

namespace Quiver.AspNetCore.Tests.Grpc;

/// <summary>gRPC as ASP.NET Core has it: Grpc.AspNetCore on Kestrel over Quiver, Grpc.Net.Client on Http3Handler.</summary>
public sealed class GrpcTests
{
    private const int MaxMessage = 32 << 20;

    [Fact]
    public async Task A_unary_call_is_answered_with_headers_and_trailers()
    {
        await using WebServer server = await StartAsync();
        using GrpcChannel channel = CreateChannel(server);
        AsyncUnaryCall<string> call = channel.CreateCallInvoker().AsyncUnaryCall(TextMethods.Unary, null, new CallOptions(), "hello");
        Assert.Equal("5", (await call.ResponseHeadersAsync.Soon()).GetValue("length"));
        Assert.Equal("hello", await call.ResponseAsync.Soon());
        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
    }

    [Fact]
    public async Task A_failure_comes_with_its_status_and_trailers()
    {
        await using WebServer server = await StartAsync();
        using GrpcChannel channel = CreateChannel(server);
        RpcException exception = await Assert.ThrowsAsync<RpcException>(() => UnaryAsync(channel, "fail"));
        Assert.Equal((StatusCode.FailedPrecondition, "as you wish"), (exception.StatusCode, exception.Status.Detail));
        Assert.Equal("asked to", exception.Trailers.GetValue("why"));
    }

    [Fact]
    public async Task A_server_streams()
    {
        await using WebServer server = await StartAsync();
        using GrpcChannel channel = CreateChannel(server);
        using AsyncServerStreamingCall<string> call =
            channel.CreateCallInvoker().AsyncServerStreamingCall(TextMethods.ServerStreaming, null, new CallOptions(), "number");
        List<string> responses = [];
        while (await call.ResponseStream.MoveNext().Soon())
        {
            responses.Add(call.ResponseStream.Current);
        }

        Assert.Equal(Enumerable.Range(0, 100).Select(i => $"number {i}"), responses);
    }

    [Fact]
    public async Task A_client_streams()
    {
        await using WebServer server = await StartAsync();
        using GrpcChannel channel = CreateChannel(server);
        using AsyncClientStreamingCall<string, string> call =
            channel.CreateCallInvoker().AsyncClientStreamingCall(TextMethods.ClientStreaming, null, new CallOptions());
        for (int i = 0; i < 100; i++)
        {
            await call.RequestStream.WriteAsync("0123456789").Soon();
        }

        await call.RequestStream.CompleteAsync().Soon();
        Assert.Equal("1000", await call.ResponseAsync.Soon());
    }

    [Fact]
    public async Task Both_stream_in_turns()
    {
        await using WebServer server = await StartAsync();
        using GrpcChannel channel = CreateChannel(server);
        using AsyncDuplexStreamingCall<string, string> call =
            channel.CreateCallInvoker().AsyncDuplexStreamingCall(TextMethods.Duplex, null, new CallOptions());
        for (int i = 0; i < 50; i++)
        {
            await call.RequestStream.WriteAsync($"ping {i}").Soon();
            Assert.True(await call.ResponseStream.MoveNext().Soon());
            Assert.Equal($"ping {i}!", call.ResponseStream.Current);
        }

        await call.RequestStream.CompleteAsync().Soon();
        Assert.False(await call.ResponseStream.MoveNext().Soon());
    }

    [Fact]
    public async Task Large_messages_go_both_ways()
    {
        await using WebServer server = await StartAsync();
        using GrpcChannel channel = CreateChannel(server);
        string large = new('x', 10 << 20);
        Assert.Equal(large, await UnaryAsync(channel, large));
    }

    [Fact]
    public async Task A_deadline_ends_the_call()
    {
        await using WebServer server = await StartAsync();
        using GrpcChannel channel = CreateChannel(server);
        RpcException exception = await Assert.ThrowsAsync<RpcException>(
            () => UnaryAsync(channel, "wait", new CallOptions(deadline: DateTime.UtcNow.AddMilliseconds(300))));
        Assert.Equal(StatusCode.DeadlineExceeded, exception.StatusCode);
    }

    [Fact]
    public async Task A_cancelled_call_is_given_up_by_the_server()
    {
        TextService.GivenUp = new TaskCompletionSource();
        await using WebServer server = await StartAsync();
        using GrpcChannel channel = CreateChannel(server);
        using CancellationTokenSource cancellation = new();
        Task<string> call = UnaryAsync(channel, "wait", new CallOptions(cancellationToken: cancellation.Token));
        await UnaryAsync(channel, "the call before this one has reached the server");
        await cancellation.CancelAsync();
        RpcException exception = await Assert.ThrowsAsync<RpcException>(() => call);
        Assert.Equal(StatusCode.Cancelled, exception.StatusCode);
        await TextService.GivenUp.Task.Soon();
    }

    private static Task<WebServer> StartAsync() => WebServer.StartAsync(
        app => app.MapGrpcService<TextService>(),
        new WebServerOptions { Services = services => services.AddGrpc(grpc => grpc.MaxReceiveMessageSize = MaxMessage) });

    private static GrpcChannel CreateChannel(WebServer server) => GrpcChannel.ForAddress($"https://localhost:{server.Port}", new GrpcChannelOptions
    {
        HttpHandler = new Http3Handler
        {
            SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = HandMadeClient.TrustRoot() },
            UseProxy = false,
        },
        DisposeHttpClient = true,
        HttpVersion = HttpVersion.Version30,
        HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        MaxReceiveMessageSize = MaxMessage,
    });

    private static Task<string> UnaryAsync(GrpcChannel channel, string request, CallOptions options = default) =>
        channel.CreateCallInvoker().AsyncUnaryCall(TextMethods.Unary, null, options, request).ResponseAsync.Soon();
}
