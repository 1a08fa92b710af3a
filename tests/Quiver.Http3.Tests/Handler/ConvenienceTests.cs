using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Quiver.Http3.Tests.Infrastructure;

namespace Quiver.Http3.Tests.Handler;

/// <summary>Cookies, redirects, decompression and passwords, over HTTP/3 and over the inner handler.</summary>
public sealed class ConvenienceTests
{
    [Theory]
    [InlineData("3.0")]
    [InlineData("2.0")]
    [InlineData("1.1")]
    public async Task Cookies_come_back(string version)
    {
        await using OriginServer origin = await OriginServer.StartAsync();
        origin.Application = seen => new Answer { Headers = seen.Path == "/set" ? [("Set-Cookie", "a=1; Path=/"), ("Set-Cookie", "b=2"), ("Set-Cookie", "=;;")] : [] };
        using HttpClient client = Create(version);
        Uri uri = Base(origin, version);
        await GetAsync(client, new Uri(uri, "set"));
        await GetAsync(client, new Uri(uri, "get"));
        Assert.Equal("a=1; b=2", origin.Seen.Last()["Cookie"]);

        using HttpRequestMessage request = new(HttpMethod.Get, uri) { Version = client.DefaultRequestVersion, VersionPolicy = client.DefaultVersionPolicy };
        request.Headers.Add("Cookie", "own=3");
        using HttpResponseMessage response = await client.SendAsync(request).Soon();
        Assert.Equal("own=3; a=1; b=2", origin.Seen.Last()["Cookie"]);
        Assert.Equal(["own=3"], request.Headers.GetValues("Cookie"));
    }

    [Theory]
    [InlineData("3.0", 302, "POST", "GET", "")]
    [InlineData("3.0", 303, "PUT", "GET", "")]
    [InlineData("3.0", 307, "POST", "POST", "content")]
    [InlineData("3.0", 308, "PUT", "PUT", "content")]
    [InlineData("3.0", 302, "PUT", "PUT", "content")]
    [InlineData("1.1", 302, "POST", "GET", "")]
    [InlineData("1.1", 307, "POST", "POST", "content")]
    [Rfc(9110, "15.4")]
    public async Task Redirects_are_followed(string version, int status, string method, string methodThen, string contentThen)
    {
        await using OriginServer origin = await OriginServer.StartAsync();
        origin.Application = seen => seen.Path == "/first" ? new Answer(status) { Headers = [("Location", "/second")] } : new Answer();
        using HttpClient client = Create(version);
        using HttpRequestMessage request = new(new HttpMethod(method), new Uri(Base(origin, version), "first#here"))
        {
            Version = client.DefaultRequestVersion,
            VersionPolicy = client.DefaultVersionPolicy,
            Content = new StringContent("content"),
        };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", "secret");
        using HttpResponseMessage response = await client.SendAsync(request).Soon();
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        SeenRequest second = origin.Seen.Last();
        Assert.Equal((methodThen, "/second", contentThen), (second.Method, second.Path, second.Content));
        Assert.Null(second["Authorization"]);
        Assert.Equal("#here", response.RequestMessage!.RequestUri!.Fragment);
    }

    [Fact]
    public async Task Redirects_end()
    {
        await using OriginServer origin = await OriginServer.StartAsync();
        origin.Application = seen => new Answer(302) { Headers = [("Location", seen.Path + "x")] };
        using HttpClient client = Create("3.0", handler => handler.MaxAutomaticRedirections = 3);
        Assert.Equal(HttpStatusCode.Found, (await GetAsync(client, new Uri(origin.Udp, "/"))).StatusCode);
        Assert.Equal(["/", "/x", "/xx", "/xxx"], origin.Seen.Select(s => s.Path));
    }

    [Theory]
    [InlineData("http://localhost:1/")]
    [InlineData("ftp://localhost/")]
    public async Task No_redirect_leads_out_of_https(string location)
    {
        await using OriginServer origin = await OriginServer.StartAsync();
        origin.Application = _ => new Answer(302) { Headers = [("Location", location)] };
        using HttpClient client = Create("3.0");
        Assert.Equal(HttpStatusCode.Found, (await GetAsync(client, origin.Udp)).StatusCode);
        Assert.Single(origin.Seen);
    }

    [Fact]
    public async Task Redirects_can_be_left_to_the_caller()
    {
        await using OriginServer origin = await OriginServer.StartAsync();
        origin.Application = _ => new Answer(302) { Headers = [("Location", "/second")] };
        using HttpClient client = Create("3.0", handler => handler.AllowAutoRedirect = false);
        Assert.Equal(HttpStatusCode.Found, (await GetAsync(client, origin.Udp)).StatusCode);
    }

    [Theory]
    [InlineData("3.0", "gzip")]
    [InlineData("3.0", "deflate")]
    [InlineData("3.0", "br")]
    [InlineData("1.1", "gzip")]
    [Rfc(9110, "8.4")]
    public async Task Content_is_decompressed(string version, string coding)
    {
        string text = string.Join(' ', Enumerable.Range(0, 10_000));
        await using OriginServer origin = await OriginServer.StartAsync();
        byte[] compressed = Compress(coding, text);
        origin.Application = _ => new Answer
        {
            Content = compressed,
            Headers = [("Content-Encoding", coding), ("Content-Length", $"{compressed.Length}"), ("Content-Type", "text/plain")],
        };
        using HttpClient client = Create(version, handler => handler.AutomaticDecompression = DecompressionMethods.All);
        using HttpResponseMessage response = await GetAsync(client, Base(origin, version));
        Assert.Equal(text, await response.Content.ReadAsStringAsync().Soon());
        Assert.Empty(response.Content.Headers.ContentEncoding);
        Assert.Equal("text/plain", response.Content.Headers.ContentType?.MediaType);
        Assert.Equal("gzip, deflate, br", origin.Seen.Last()["Accept-Encoding"]);
    }

    [Fact]
    public async Task Content_is_left_as_it_is_when_nobody_asked()
    {
        await using OriginServer origin = await OriginServer.StartAsync();
        byte[] compressed = Compress("gzip", "text");
        origin.Application = _ => new Answer { Content = compressed, Headers = [("Content-Encoding", "gzip")] };
        using HttpClient client = Create("3.0");
        using HttpResponseMessage response = await GetAsync(client, origin.Udp);
        Assert.Equal(compressed, await response.Content.ReadAsByteArrayAsync().Soon());
        Assert.Null(origin.Seen.Last()["Accept-Encoding"]);
    }

    [Fact]
    [Rfc(7617, "2")]
    public async Task A_password_is_given_when_asked_for()
    {
        await using OriginServer origin = await OriginServer.StartAsync();
        origin.Application = seen => seen["Authorization"] is null ? new Answer(401) { Headers = [("WWW-Authenticate", "Basic realm=\"x\"")] } : new Answer();
        using HttpClient client = Create("3.0", handler => handler.Credentials = new NetworkCredential("name", "pass:wörd"));
        Assert.Equal(HttpStatusCode.OK, (await GetAsync(client, origin.Udp)).StatusCode);
        Assert.Equal("Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes("name:pass:wörd")), origin.Seen.Last()["Authorization"]);
        Assert.Equal(2, origin.Seen.Count);

        origin.Application = _ => new Answer(401) { Headers = [("WWW-Authenticate", "Basic realm=\"x\"")] };
        Assert.Equal(HttpStatusCode.Unauthorized, (await GetAsync(client, origin.Udp)).StatusCode);
        Assert.Equal(4, origin.Seen.Count);
    }

    private static HttpClient Create(string version, Action<Http3Handler>? configure = null)
    {
        HttpClient client = OriginServer.CreateClient(configure);
        client.DefaultRequestVersion = new Version(version);
        client.DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        return client;
    }

    private static Uri Base(OriginServer origin, string version) => version == "3.0" ? origin.Udp : origin.Tcp;

    private static Task<HttpResponseMessage> GetAsync(HttpClient client, Uri uri) => client.GetAsync(uri).Soon();

    private static byte[] Compress(string coding, string text)
    {
        using MemoryStream compressed = new();
        using (Stream stream = coding switch
        {
            "gzip" => new GZipStream(compressed, CompressionLevel.Optimal, leaveOpen: true),
            "deflate" => new ZLibStream(compressed, CompressionLevel.Optimal, leaveOpen: true),
            _ => new BrotliStream(compressed, CompressionLevel.Optimal, leaveOpen: true),
        })
        {
            stream.Write(Encoding.UTF8.GetBytes(text));
        }

        return compressed.ToArray();
    }
}
