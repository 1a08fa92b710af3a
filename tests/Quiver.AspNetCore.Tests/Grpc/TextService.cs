using Grpc.Core;

namespace Quiver.AspNetCore.Tests.Grpc;

/// <summary>Echoes, counts, fails when asked to, and waits for ever when asked to.</summary>
public sealed class TextService : TextServiceBase
{
    /// <summary>Completes when the server saw that a call of "wait" was given up.</summary>
    public static TaskCompletionSource GivenUp { get; set; } = new();

    public override async Task<string> Unary(string request, ServerCallContext context)
    {
        switch (request)
        {
            case "fail":
                context.ResponseTrailers.Add("why", "asked to");
                throw new RpcException(new Status(StatusCode.FailedPrecondition, "as you wish"));
            case "wait":
                try
                {
                    await Task.Delay(Timeout.Infinite, context.CancellationToken);
                }
                catch (OperationCanceledException)
                {
                    GivenUp.TrySetResult();
                    throw;
                }

                return request;
            default:
                await context.WriteResponseHeadersAsync(new Metadata { { "length", $"{request.Length}" } });
                return request;
        }
    }

    public override async Task ServerStreaming(string request, IServerStreamWriter<string> responses, ServerCallContext context)
    {
        for (int i = 0; i < 100; i++)
        {
            await responses.WriteAsync($"{request} {i}");
        }
    }

    public override async Task<string> ClientStreaming(IAsyncStreamReader<string> requests, ServerCallContext context)
    {
        int count = 0;
        await foreach (string request in requests.ReadAllAsync())
        {
            count += request.Length;
        }

        return $"{count}";
    }

    public override async Task Duplex(IAsyncStreamReader<string> requests, IServerStreamWriter<string> responses, ServerCallContext context)
    {
        await foreach (string request in requests.ReadAllAsync())
        {
            await responses.WriteAsync(request + "!");
        }
    }
}
