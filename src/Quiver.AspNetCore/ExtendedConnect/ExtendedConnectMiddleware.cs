using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Quiver.AspNetCore.ExtendedConnect;

/// <summary>
/// Makes extended CONNECT requests over HTTP/3 known to the application, as Kestrel does over HTTP/2: <c>UseWebSockets</c> then takes
/// WebSockets over HTTP/3 (RFC 9220).
/// </summary>
internal sealed class ExtendedConnectMiddleware(RequestDelegate next)
{
    public Task InvokeAsync(HttpContext context)
    {
        if (HttpMethods.IsConnect(context.Request.Method)
            && context.Features.Get<IConnectProtocolFeature>() is { Protocol: { } protocol })
        {
            context.Features.Set<IHttpExtendedConnectFeature>(new ExtendedConnectFeature(context, protocol));

            // A tunnel may be silent, and has no size: Kestrel lifts these limits only where it knows of the tunnel.
            if (context.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
            {
                rate.MinDataRate = null;
            }

            if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
            {
                size.MaxRequestBodySize = null;
            }
        }

        return next(context);
    }
}
