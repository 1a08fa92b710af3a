using Microsoft.Extensions.DependencyInjection;

namespace Quiver.Http3;

/// <summary>HTTP/3 for the clients of <see cref="IHttpClientFactory"/>.</summary>
public static class HttpClientBuilderExtensions
{
    /// <summary>Sends this client's requests by an <see cref="Http3Handler"/> with its defaults.</summary>
    /// <param name="builder">What <c>AddHttpClient</c> returned.</param>
    public static IHttpClientBuilder UseQuiver(this IHttpClientBuilder builder) => builder.UseQuiver(static _ => { });

    /// <summary>
    /// Sends this client's requests by an <see cref="Http3Handler"/>. Which of them go over HTTP/3 is still for their version and policy to say:
    /// set <see cref="HttpClient.DefaultRequestVersion"/> and <see cref="HttpClient.DefaultVersionPolicy"/>.
    /// </summary>
    /// <param name="builder">What <c>AddHttpClient</c> returned.</param>
    /// <param name="configure">Sets the handler's options; runs for each handler that the factory makes.</param>
    public static IHttpClientBuilder UseQuiver(this IHttpClientBuilder builder, Action<Http3Handler> configure)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(configure);
        return builder.UseQuiver((handler, _) => configure(handler));
    }

    /// <summary>Sends this client's requests by an <see cref="Http3Handler"/>, with options that come of services.</summary>
    /// <param name="builder">What <c>AddHttpClient</c> returned.</param>
    /// <param name="configure">Sets the handler's options; runs for each handler that the factory makes.</param>
    public static IHttpClientBuilder UseQuiver(this IHttpClientBuilder builder, Action<Http3Handler, IServiceProvider> configure)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(configure);
        return builder.ConfigurePrimaryHttpMessageHandler(services =>
        {
            Http3Handler handler = new() { MeterFactory = services.GetService<System.Diagnostics.Metrics.IMeterFactory>() };
            configure(handler, services);
            return handler;
        });
    }
}
