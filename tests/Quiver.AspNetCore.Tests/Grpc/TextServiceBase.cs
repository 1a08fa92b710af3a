using Grpc.Core;

namespace Quiver.AspNetCore.Tests.Grpc;

/// <summary>What a service's base class is in generated code.</summary>
[BindServiceMethod(typeof(TextMethods), nameof(TextMethods.BindService))]
public abstract class TextServiceBase
{
    public abstract Task<string> Unary(string request, ServerCallContext context);

    public abstract Task ServerStreaming(string request, IServerStreamWriter<string> responses, ServerCallContext context);

    public abstract Task<string> ClientStreaming(IAsyncStreamReader<string> requests, ServerCallContext context);

    public abstract Task Duplex(IAsyncStreamReader<string> requests, IServerStreamWriter<string> responses, ServerCallContext context);
}
