using System.Net;
using Quiver.Http3;

Uri uri = new(args.FirstOrDefault() ?? "https://localhost:5001/");
using Http3Handler handler = new() { AutomaticDecompression = DecompressionMethods.All };
if (uri.IsLoopback)
{
    // samples/AspNetCore makes its certificate on the spot, so nobody has vouched for it. Never do so but on this machine.
    handler.SslOptions.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
}

using HttpClient client = new(handler)
{
    DefaultRequestVersion = HttpVersion.Version30,
    DefaultVersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
};

// The first answer comes over HTTP/2 or 1.1 and says by Alt-Svc that the server speaks HTTP/3; from then on that is used.
for (int i = 0; i < 2; i++)
{
    using HttpResponseMessage response = await client.GetAsync(uri);
    string content = await response.Content.ReadAsStringAsync();
    Console.WriteLine($"HTTP/{response.Version} {(int)response.StatusCode} {content.Length} characters");
}
