using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace Quiver.AspNetCore.Tests.Infrastructure;

/// <summary>How a test's server differs from the usual: HTTP/3 alone, with the certificate for localhost.</summary>
internal sealed class WebServerOptions
{
    public HttpProtocols Protocols { get; init; } = HttpProtocols.Http3;

    public Action<ListenOptions> Listen { get; init; } = static listen => listen.UseHttps(TestCertificates.Localhost);

    public Action<KestrelServerOptions>? Kestrel { get; init; }

    public Action<QuiverTransportOptions>? Transport { get; init; }

    public Action<IServiceCollection>? Services { get; init; }
}
