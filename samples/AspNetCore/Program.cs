using System.Security.Cryptography.X509Certificates;
using AspNetCore;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Quiver.AspNetCore;

WebApplicationBuilder builder = WebApplication.CreateBuilder(args);
int port = builder.Configuration.GetValue("port", 5001);
using X509Certificate2 certificate = DevelopmentCertificate.Create();

// This line is all that HTTP/3 over Quiver needs; the rest is as with any other Kestrel.
builder.WebHost.UseQuiver();
builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenLocalhost(port, listen =>
{
    listen.Protocols = HttpProtocols.Http1AndHttp2AndHttp3;
    listen.UseHttps(certificate);
}));

WebApplication app = builder.Build();
app.UseDefaultFiles();
app.UseStaticFiles();
app.UseWebSockets();
app.MapGet("/api/connection", (HttpContext context) =>
{
    var quic = context.Features.Get<IQuicConnectionFeature>();
    return new { context.Request.Protocol, RoundTrip = quic?.GetStatistics().SmoothedRtt, quic?.Connection.IsResumed };
});
app.Lifetime.ApplicationStarted.Register(() => Console.WriteLine(
    $"""
    https://localhost:{port}/ serves HTTP/1.1, HTTP/2 and HTTP/3. Its certificate is new with every start, and a browser must be told of it:

      chromium --user-data-dir=$(mktemp -d) --origin-to-force-quic-on=localhost:{port} --ignore-certificate-errors-spki-list={DevelopmentCertificate.HashOf(certificate)} https://localhost:{port}/
    """));
app.Run();
