using System.Net;
using System.Net.Security;
using Quiver.Http3;

namespace Quiver.Interop.Tests;

/// <summary>Our HTTP/3 server against the clients of others.</summary>
public sealed class Http3ServerTests : IAsyncLifetime
{
    private readonly string _directory = Directory.CreateTempSubdirectory("quiver-h3-").FullName;
    private string _upload = "";

    public async ValueTask InitializeAsync()
    {
        Installation.RequireScripts();
        _ = Http3Files.SmallHash;
        _upload = Path.Combine(_directory, "upload");
        await File.WriteAllBytesAsync(_upload, await File.ReadAllBytesAsync(Path.Combine(Http3Peer.Www, Http3Files.Large)));
    }

    public ValueTask DisposeAsync()
    {
        Directory.Delete(_directory, recursive: true);
        return ValueTask.CompletedTask;
    }

    /// <summary>gtlsclient's exit code says nothing: what it stored does, and what it printed.</summary>
    [Theory]
    [InlineData]
    [InlineData("--key-update=10ms", "--delay-stream=60ms")]
    [InlineData("--change-local-addr=10ms", "--delay-stream=60ms")]
    [InlineData("--change-local-addr=10ms", "--delay-stream=60ms", "--nat-rebinding")]
    public async Task Ngtcp2_gets(params string[] options)
    {
        Installation.Require(Http3PeerKind.Ngtcp2);
        await using Http3Server server = await ListenAsync();
        await GetByNgtcp2Async(server, options);
    }

    [Fact]
    public async Task Ngtcp2_follows_a_Retry()
    {
        Installation.Require(Http3PeerKind.Ngtcp2);
        await using Http3Server server = await ListenAsync(options => options.ConfigureListener = listener => listener.RetryPolicy = QuicRetryPolicy.Always);
        await GetByNgtcp2Async(server);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Ngtcp2_resumes(bool withEarlyData)
    {
        Installation.Require(Http3PeerKind.Ngtcp2);
        int early = 0, resumed = 0;
        await using Http3Server server = await ListenAsync(
            options => options.ConfigureConnection = connection => connection.AllowEarlyData = true,
            context =>
            {
                early += context.Request.IsEarlyData ? 1 : 0;
                resumed += context.Connection.IsResumed ? 1 : 0;
            });
        string[] options =
        [
            $"--session-file={Path.Combine(_directory, "session")}", $"--tp-file={Path.Combine(_directory, "parameters")}",
            .. withEarlyData ? Array.Empty<string>() : ["--disable-early-data"],
        ];
        await GetByNgtcp2Async(server, options);
        Assert.Equal(0, early + resumed);
        await GetByNgtcp2Async(server, options);
        Assert.Equal(1, resumed);
        Assert.Equal(withEarlyData ? 1 : 0, early);
    }

    [Fact]
    public async Task Ngtcp2_posts()
    {
        Installation.Require(Http3PeerKind.Ngtcp2);
        await using Http3Server server = await ListenAsync();
        string output = await RunNgtcp2Async(server, "echo", ["-m", "POST", "-d", _upload]);
        Assert.Contains("[:status: 200]", output, StringComparison.Ordinal);
        Assert.Equal(Http3Files.LargeHash, Http3Files.HashOf(await File.ReadAllBytesAsync(Path.Combine(_directory, "echo"))));
    }

    /// <summary>A thousand requests on one connection, with our QPACK table full of their answers' fields.</summary>
    [Fact]
    public async Task Ngtcp2_asks_a_thousand_times()
    {
        Installation.Require(Http3PeerKind.Ngtcp2);
        int requests = 0;
        await using Http3Server server = await ListenAsync(seen: _ => Interlocked.Increment(ref requests));
        string output = await RunNgtcp2Async(server, "headers/20", ["-n", "1000"]);
        Assert.Equal(1000, requests);
        Assert.Equal(1000, output.Split("[:status: 200]").Length - 1);
    }

    [Theory]
    [InlineData]
    [InlineData("-resume")]
    [InlineData("-0rtt")]
    [InlineData("-keyupdate", "20")]
    public async Task QuicGo_gets(params string[] options)
    {
        Installation.Require(Http3PeerKind.QuicGo);
        await using Http3Server server = await ListenAsync(o => o.ConfigureConnection = connection => connection.AllowEarlyData = true);
        string output = await PeerProcess.RunAsync(
            _directory, Installation.QuicGo, ["h3", "-n", "30", .. options, $"https://{server.LocalEndPoint}/{Http3Files.Large}"]);
        Assert.Equal(options is ["-resume"] or ["-0rtt"] ? 60 : 30, output.Split(Http3Files.LargeHash).Length - 1);
    }

    [Fact]
    public async Task QuicGo_posts()
    {
        Installation.Require(Http3PeerKind.QuicGo);
        await using Http3Server server = await ListenAsync();
        string output = await PeerProcess.RunAsync(
            _directory, Installation.QuicGo, ["h3", "-n", "10", "-method", "POST", "-data", _upload, $"https://{server.LocalEndPoint}/echo"]);
        Assert.Equal(10, output.Split(Http3Files.LargeHash).Length - 1);
    }

    [Theory]
    [InlineData(Http3PeerKind.Bun)]
    [InlineData(Http3PeerKind.Impit)]
    public async Task Others_get_and_post(Http3PeerKind peer)
    {
        Installation.Require(peer);
        await using Http3Server server = await ListenAsync();
        string address = $"https://127.0.0.1:{server.LocalEndPoint!.Port}";
        await using (PeerProcess get = Http3Peer.Fetch(peer, $"{address}/{Http3Files.Small}", $"{address}/{Http3Files.Large}", $"{address}/headers/100", $"{address}/headers/100"))
        {
            string output = await get.SucceededAsync();
            Assert.Contains(Http3Files.SmallHash, output, StringComparison.Ordinal);
            Assert.Contains(Http3Files.LargeHash, output, StringComparison.Ordinal);
        }

        await using PeerProcess post = peer == Http3PeerKind.Bun
            ? Http3Peer.Fetch(peer, $"{address}/echo", "--method", "POST", "--data", _upload)
            : PeerProcess.Start(
                Workspace.Installed, "env", $"POST={_upload}", Installation.Node, Path.Combine(Workspace.SharedPeers, "clients", "impit.mjs"), $"{address}/echo");
        Assert.Contains(Http3Files.LargeHash, await post.SucceededAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bun_asks_a_thousand_times()
    {
        Installation.Require(Http3PeerKind.Bun);
        await using Http3Server server = await ListenAsync();
        await using PeerProcess get = Http3Peer.Fetch(
            Http3PeerKind.Bun, $"https://127.0.0.1:{server.LocalEndPoint!.Port}/{Http3Files.Small}", "--n", "1000");
        Assert.Equal(1000, (await get.SucceededAsync()).Split(Http3Files.SmallHash).Length - 1);
    }

    private static async Task<Http3Server> ListenAsync(Action<Http3ServerOptions>? configure = null, Action<Http3Context>? seen = null)
    {
        Http3ServerOptions options = new()
        {
            Handler = context =>
            {
                seen?.Invoke(context);
                return HandleAsync(context);
            },
            ListenEndPoint = new IPEndPoint(IPAddress.Loopback, 0),
            ServerAuthenticationOptions = new SslServerAuthenticationOptions
            {
                ApplicationProtocols = [SslApplicationProtocol.Http3],
                ServerCertificate = Pki.LoadServer(await Pki.DirectoryAsync()),
            },
        };
        configure?.Invoke(options);
        return await Http3Server.ListenAsync(options).Soon();
    }

    /// <summary>Files; /echo gives the content back; /headers/N gives so many fields.</summary>
    private static async Task HandleAsync(Http3Context context)
    {
        string path = context.Request.Path!;
        if (path == "/echo")
        {
            await context.Request.Body.CopyToAsync(context.Response.Body);
        }
        else if (path.StartsWith("/headers/", StringComparison.Ordinal))
        {
            for (int i = 0; i < int.Parse(path["/headers/".Length..]); i++)
            {
                context.Response.Headers.Add($"x-field-{i}", new string('v', i % 100));
            }
        }
        else if (Path.Combine(Http3Peer.Www, path[1..]) is var file && File.Exists(file))
        {
            await context.Response.Body.WriteAsync(await File.ReadAllBytesAsync(file));
            context.Response.Trailers.Add("x-checked", "yes");
        }
        else
        {
            context.Response.StatusCode = 404;
        }
    }

    private async Task GetByNgtcp2Async(Http3Server server, params string[] options)
    {
        string output = await RunNgtcp2Async(server, Http3Files.Large, options);
        Assert.Contains("[:status: 200]", output, StringComparison.Ordinal);
        Assert.Contains("[x-checked: yes]", output, StringComparison.Ordinal);
        string file = Path.Combine(_directory, Http3Files.Large);
        Assert.Equal(Http3Files.LargeHash, Http3Files.HashOf(await File.ReadAllBytesAsync(file)));
        File.Delete(file);
    }

    private Task<string> RunNgtcp2Async(Http3Server server, string path, params string[] options) => PeerProcess.RunAsync(
        _directory,
        "gtlsclient",
        [
            "--exit-on-all-streams-close", "--no-quic-dump", "--no-http-dump", $"--download={_directory}", .. options,
            "127.0.0.1", $"{server.LocalEndPoint!.Port}", $"https://localhost:{server.LocalEndPoint.Port}/{path}",
        ]);
}
