using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;

namespace Quiver.AspNetCore.ExtendedConnect;

/// <summary>Puts <see cref="ExtendedConnectMiddleware"/> before everything of the application's.</summary>
internal sealed class ExtendedConnectStartupFilter : IStartupFilter
{
    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        app.UseMiddleware<ExtendedConnectMiddleware>();
        next(app);
    };
}
