using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;
using Quiver.AspNetCore;

namespace Quiver.HttpLoad;

/// <summary>The app: plaintext, JSON, and a download. Prints its port; "/stats" tells CPU time and bytes allocated.</summary>
internal static class AppServer
{
    /// <summary>Bytes of the download.</summary>
    public const long DownloadLength = 1_000_000_000;

    private static readonly byte[] s_plaintext = "Hello, World!"u8.ToArray();
    private static readonly byte[] s_block = RandomNumberGenerator.GetBytes(1 << 16);

    public static async Task RunAsync(string protocol)
    {
        using X509Certificate2 certificate = CreateCertificate();
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.UseQuiver();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen =>
        {
            listen.Protocols = protocol == "h3" ? HttpProtocols.Http3 : HttpProtocols.Http2;
            listen.UseHttps(certificate);
        }));
        await using WebApplication app = builder.Build();
        app.Run(AnswerAsync);
        await app.StartAsync();
        Console.WriteLine(new Uri(app.Urls.First()).Port);

        // The parent ends this process; if it dies, the end of its pipe does.
        await Task.Run(Console.In.ReadToEnd);
    }

    private static Task AnswerAsync(HttpContext context)
    {
        switch (context.Request.Path.Value)
        {
            case "/plaintext":
                context.Response.ContentType = "text/plain";
                context.Response.ContentLength = s_plaintext.Length;
                return context.Response.Body.WriteAsync(s_plaintext, 0, s_plaintext.Length);
            case "/json":
                return context.Response.WriteAsJsonAsync(new Message("Hello, World!"), MessageContext.Default.Message);
            case "/download":
                return DownloadAsync(context);
            case "/stats":
                using (Process self = Process.GetCurrentProcess())
                {
                    return context.Response.WriteAsync(string.Create(
                        CultureInfo.InvariantCulture, $"{self.TotalProcessorTime.TotalMicroseconds} {GC.GetTotalAllocatedBytes()}"));
                }

            default:
                context.Response.StatusCode = StatusCodes.Status404NotFound;
                return Task.CompletedTask;
        }
    }

    private static async Task DownloadAsync(HttpContext context)
    {
        context.Response.ContentLength = DownloadLength;
        for (long left = DownloadLength; left > 0; left -= s_block.Length)
        {
            await context.Response.Body.WriteAsync(s_block.AsMemory(0, (int)Math.Min(left, s_block.Length)));
        }
    }

    private static X509Certificate2 CreateCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(30));
    }
}
