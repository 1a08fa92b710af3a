using System.Text.Json;

namespace Quiver.AspNetCore.Tests.Peers;

/// <summary>Browsers as people have them, against stock Kestrel over Quiver.</summary>
public sealed class BrowserTests
{
    [Theory]
    [InlineData(PeerKind.Chromium)]
    [InlineData(PeerKind.Firefox)]
    public async Task A_page_and_its_200_assets_come_over_HTTP_3(PeerKind browser)
    {
        await using WebServer server = await PeerServer.StartAsync();

        JsonElement seen = await BrowseAsync(browser, server, "page", "200");

        Assert.Equal("h3", seen.GetProperty("page").GetString());
        string?[] assets = [.. seen.GetProperty("assets").EnumerateArray().Select(asset => asset.GetString())];
        Assert.Equal(200, assets.Length);
        Assert.All(assets, asset => Assert.Equal("h3", asset));
        Assert.Empty(server.Log.Lines);
    }

    [Fact]
    public async Task Chromium_speaks_version_2()
    {
        await using WebServer server = await PeerServer.StartAsync();

        JsonElement seen = await BrowseAsync(PeerKind.Chromium, server, "page", "20", "--quic-version=RFCv2");

        // Chromium's name for HTTP/3 over QUIC version 2.
        Assert.Equal("h3/quic2draft08", seen.GetProperty("page").GetString());
        Assert.Equal(20, seen.GetProperty("assets").GetArrayLength());
    }

    [Fact]
    public async Task An_upload_of_100_MB_from_Chromium_arrives()
    {
        await using WebServer server = await PeerServer.StartAsync();

        JsonElement seen = await BrowseAsync(PeerKind.Chromium, server, "upload", "100");

        Assert.Equal((100 << 20).ToString(), seen.GetProperty("count").GetString());
        Assert.Equal("h3", seen.GetProperty("protocol").GetString());
    }

    [Fact]
    [Rfc(9220, "3")]
    public async Task Chromium_opens_a_WebSocket_over_HTTP_3()
    {
        await using WebServer server = await PeerServer.StartAsync();

        JsonElement seen = await BrowseAsync(PeerKind.Chromium, server, "websocket", "", "--enable-features=EnableWebsocketsOverHttp3");

        Assert.Equal(["HTTP/3 CONNECT", "echo"], seen.GetProperty("messages").EnumerateArray().Select(message => message.GetString()));
        Assert.Equal(1000, seen.GetProperty("code").GetInt32());
        Assert.Empty(server.Log.Lines);
    }

    [Fact]
    public async Task Chromium_resumes_its_session_with_early_data()
    {
        await using WebServer server = await PeerServer.StartAsync(transport =>
            transport.ConfigureConnection = (_, options) =>
            {
                options.AllowEarlyData = true;

                // So that the browser needs a new connection for its second visit.
                options.IdleTimeout = TimeSpan.FromSeconds(2);
            });

        JsonElement seen = await BrowseAsync(PeerKind.Chromium, server, "again", "");

        Assert.All(seen.EnumerateArray(), visit => Assert.Equal("h3", visit.GetProperty("protocol").GetString()));
        Assert.Equal("False False", seen[0].GetProperty("text").GetString());
        Assert.Equal("True True", seen[1].GetProperty("text").GetString());
    }

    /// <summary>The sample as its documentation says to use it.</summary>
    [Fact]
    public async Task Chromium_shows_the_sample_over_HTTP_3()
    {
        Installation.Require(PeerKind.Chromium);
        string configuration = new DirectoryInfo(AppContext.BaseDirectory).Name;
        string folder = Path.Combine(Workspace.Repository, "samples", "AspNetCore");
        string program = Path.Combine(Workspace.Repository, "artifacts", "bin", "AspNetCore", configuration, "AspNetCore.dll");
        int port = WebServer.FreePort();
        await using PeerProcess sample = PeerProcess.Start(folder, "dotnet", program, "--port", port.ToString());
        string line = await sample.LineAsync("--ignore-certificate-errors-spki-list=");
        string hash = line.Split("spki-list=")[1].Split(' ')[0];

        JsonElement seen = await BrowseAsync(PeerKind.Chromium, port, hash, "sample", "");

        Assert.Equal("HTTP/3 over Quiver", seen.GetProperty("title").GetString());
        Assert.Equal("h3", seen.GetProperty("protocol").GetString());
        Assert.Contains("\"protocol\": \"HTTP/3\"", seen.GetProperty("connection").GetString(), StringComparison.Ordinal);
    }

    private static async Task<JsonElement> BrowseAsync(PeerKind browser, WebServer server, string task, string count, string flags = "")
    {
        Installation.Require(browser);
        string pki = await Pki.DirectoryAsync();
        string trust = browser == PeerKind.Chromium
            ? (await File.ReadAllTextAsync(Path.Combine(pki, "spki.b64"))).Trim()
            : Path.Combine(pki, "ca.pem");
        return await BrowseAsync(browser, server.Port, trust, task, count, flags);
    }

    private static async Task<JsonElement> BrowseAsync(PeerKind browser, int port, string trust, string task, string count, string flags = "")
    {
        string name = browser == PeerKind.Chromium ? "chromium" : "firefox";
        string script = Path.Combine(Workspace.Repository, "tests", "Quiver.AspNetCore.Tests", "Peers", "browser.mjs");
        string output = await PeerProcess.RunAsync(
            Workspace.Scratch, "env", $"MODULES={Workspace.Installed}", $"FLAGS={flags}", Installation.Node, script,
            name, task, port.ToString(), trust, count);
        string line = output.Split('\n').Single(line => line.StartsWith('{') || line.StartsWith('['));
        return JsonDocument.Parse(line).RootElement.Clone();
    }
}
