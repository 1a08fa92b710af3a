using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Quiver.AspNetCore.ExtendedConnect;
using Quiver.AspNetCore.Listening;

namespace Quiver.AspNetCore;

/// <summary>Adds Quiver to the services of a web host.</summary>
public static class QuiverServiceCollectionExtensions
{
    /// <summary>
    /// As <see cref="QuiverWebHostBuilderExtensions.UseQuiver"/>. Before or after Kestrel's own services; of several transports Kestrel takes the
    /// one that was added last. A second call adds to the options.
    /// </summary>
    /// <param name="services">The web host's services.</param>
    /// <param name="configure">Sets options of the transport.</param>
    public static IServiceCollection AddQuiver(this IServiceCollection services, Action<QuiverTransportOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        if (configure is not null)
        {
            services.Configure(configure);
        }

        services.TryAddEnumerable(ServiceDescriptor.Singleton<IMultiplexedConnectionListenerFactory, QuiverListenerFactory>());
        services.TryAddEnumerable(ServiceDescriptor.Transient<IStartupFilter, ExtendedConnectStartupFilter>());
        return services;
    }
}
