using System.Text;
using Grpc.Core;

namespace Quiver.AspNetCore.Tests.Grpc;

/// <summary>A gRPC service of texts, written down by hand: no compiler of protocol buffers is needed for it.</summary>
internal static class TextMethods
{
    private const string Service = "quiver.Text";

    private static readonly Marshaller<string> s_text = Marshallers.Create(Encoding.UTF8.GetBytes, Encoding.UTF8.GetString);

    public static Method<string, string> Unary { get; } = new(MethodType.Unary, Service, nameof(Unary), s_text, s_text);

    public static Method<string, string> ServerStreaming { get; } = new(MethodType.ServerStreaming, Service, nameof(ServerStreaming), s_text, s_text);

    public static Method<string, string> ClientStreaming { get; } = new(MethodType.ClientStreaming, Service, nameof(ClientStreaming), s_text, s_text);

    public static Method<string, string> Duplex { get; } = new(MethodType.DuplexStreaming, Service, nameof(Duplex), s_text, s_text);

    /// <summary>Found by Grpc.AspNetCore through the attribute of <see cref="TextServiceBase"/>; the service is null while it looks.</summary>
    public static void BindService(ServiceBinderBase binder, TextServiceBase? service)
    {
        binder.AddMethod(Unary, service is null ? null! : new UnaryServerMethod<string, string>(service.Unary)); // As generated code does.
        binder.AddMethod(ServerStreaming, service is null ? null! : new ServerStreamingServerMethod<string, string>(service.ServerStreaming)); // As above.
        binder.AddMethod(ClientStreaming, service is null ? null! : new ClientStreamingServerMethod<string, string>(service.ClientStreaming)); // As above.
        binder.AddMethod(Duplex, service is null ? null! : new DuplexStreamingServerMethod<string, string>(service.Duplex)); // As above.
    }
}
