using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Quiver.AspNetCore.ExtendedConnect;

/// <summary>An extended CONNECT request, to be accepted once.</summary>
internal sealed class ExtendedConnectFeature(HttpContext context, string protocol) : IHttpExtendedConnectFeature
{
    private bool _isAccepted;

    public bool IsExtendedConnect => true;

    public string Protocol => protocol;

    public async ValueTask<Stream> AcceptAsync()
    {
        if (_isAccepted || context.Response.HasStarted)
        {
            throw new InvalidOperationException("The CONNECT request was answered already: it is accepted once, before anything else is sent.");
        }

        _isAccepted = true;
        context.Response.StatusCode = StatusCodes.Status200OK;
        await context.Response.StartAsync(context.RequestAborted).ConfigureAwait(false);
        await context.Response.BodyWriter.FlushAsync(context.RequestAborted).ConfigureAwait(false);
        return new TunnelStream(context.Request.Body, context.Response.Body);
    }
}
