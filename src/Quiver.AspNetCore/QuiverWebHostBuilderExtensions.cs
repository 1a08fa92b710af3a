using Microsoft.AspNetCore.Hosting;

namespace Quiver.AspNetCore;

/// <summary>Adds Quiver to a web host.</summary>
public static class QuiverWebHostBuilderExtensions
{
    /// <summary>
    /// Serves the HTTP/3 endpoints of Kestrel over Quiver. Endpoints ask for HTTP/3 as ever: by <c>HttpProtocols.Http3</c> or
    /// <c>Http1AndHttp2AndHttp3</c>, and <c>UseHttps</c>.
    /// </summary>
    /// <param name="builder">The web host: <c>builder.WebHost</c> of a WebApplicationBuilder.</param>
    /// <param name="configure">Sets options of the transport.</param>
    public static IWebHostBuilder UseQuiver(this IWebHostBuilder builder, Action<QuiverTransportOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.ConfigureServices(services => services.AddQuiver(configure));
    }
}
