using System.Text.RegularExpressions;

namespace Quiver.AspNetCore.Tests.Peers;

/// <summary>Foreign HTTP/3 clients against stock Kestrel over Quiver.</summary>
public sealed partial class ClientTests
{
    private const int Length = 1_000_000;

    private static readonly PeerKind[] s_clients = [PeerKind.Ngtcp2, PeerKind.QuicGo, PeerKind.Bun, PeerKind.Impit];

    public static TheoryData<PeerKind> Clients => [.. s_clients];

    [Theory]
    [MemberData(nameof(Clients))]
    public async Task GET_and_POST_work(PeerKind client)
    {
        Installation.Require(client);
        await using WebServer server = await PeerServer.StartAsync();
        string file = await BodyAsync();

        Assert.Equal(1, await RunAsync(client, server, "/bytes/500000", 1));
        Assert.Equal(1, await RunAsync(client, server, "/count", 1, file));
    }

    [Theory]
    [InlineData(PeerKind.Ngtcp2)]
    [InlineData(PeerKind.QuicGo)]
    [InlineData(PeerKind.Bun)]
    public async Task A_thousand_requests_on_one_connection_work(PeerKind client)
    {
        Installation.Require(client);
        await using WebServer server = await PeerServer.StartAsync();

        Assert.Equal(1000, await RunAsync(client, server, "/hello", 1000));
    }

    [Theory]
    [MemberData(nameof(Clients))]
    [Rfc(9000, "8.1.2")]
    public async Task Clients_follow_a_Retry(PeerKind client)
    {
        Installation.Require(client);
        await using WebServer server = await PeerServer.StartAsync(transport =>
            transport.ConfigureListener = listener => listener.RetryPolicy = QuicRetryPolicy.Always);

        Assert.Equal(1, await RunAsync(client, server, "/hello", 1));
    }

    [Theory]
    [InlineData("-resume", "\"resumed\":true,\"used0rtt\":false")]
    [InlineData("-0rtt", "\"resumed\":true,\"used0rtt\":true")]
    [InlineData("-keyupdate=100", "\"status\":200")]
    public async Task Quic_go_resumes_sends_early_data_and_changes_keys(string option, string expected)
    {
        Installation.Require(PeerKind.QuicGo);
        await using WebServer server = await PeerServer.StartAsync(AllowEarlyData);
        string count = option.StartsWith("-key", StringComparison.Ordinal) ? "300" : "1";

        string output = await PeerProcess.RunAsync(
            Workspace.Scratch, Installation.QuicGo, "h3", option, "-n", count, $"https://localhost:{server.Port}/hello");

        Assert.Contains(expected, output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Gtlsclient_resumes_and_sends_early_data(bool isEarly)
    {
        Installation.Require(PeerKind.Ngtcp2);
        await using WebServer server = await PeerServer.StartAsync(AllowEarlyData);
        string session = Path.Combine(Workspace.Scratch, Path.GetRandomFileName());
        string[] options = [$"--session-file={session}.s", $"--tp-file={session}.t", $"--token-file={session}.k", .. isEarly ? Array.Empty<string>() : ["--disable-early-data"]];

        // The first visit is long enough for the ticket to come.
        await GtlsClientAsync(server, "/resumed", [.. options, "--delay-stream=200ms"]);
        string second = await GtlsClientAsync(server, "/resumed", options);

        Assert.Contains($"True {isEarly}", Printed(second), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--key-update=10ms")]
    [InlineData("--change-local-addr=10ms")]
    [InlineData("--change-local-addr=10ms", "--nat-rebinding")]
    public async Task Gtlsclient_changes_keys_and_addresses(params string[] options)
    {
        Installation.Require(PeerKind.Ngtcp2);
        await using WebServer server = await PeerServer.StartAsync();

        string output = await GtlsClientAsync(server, "/bytes/100000", [.. options, "--delay-stream=300ms"]);

        Assert.Contains("[:status: 200]", output, StringComparison.Ordinal);
    }

    private static void AllowEarlyData(QuiverTransportOptions transport) =>
        transport.ConfigureConnection = (_, options) => options.AllowEarlyData = true;

    private static async Task<string> BodyAsync()
    {
        string file = Path.Combine(Workspace.Scratch, "body.bin");
        await File.WriteAllBytesAsync(file, new byte[Length]);
        return file;
    }

    /// <summary>So many requests of one path on one connection; how many were answered with 200.</summary>
    private static async Task<int> RunAsync(PeerKind client, WebServer server, string path, int count, string? body = null)
    {
        string local = $"https://localhost:{server.Port}{path}";
        string address = $"https://127.0.0.1:{server.Port}{path}";
        string output = client switch
        {
            PeerKind.Ngtcp2 => await GtlsClientAsync(server, path, ["-n", count.ToString(), .. body is null ? Array.Empty<string>() : ["-m", "POST", "-d", body]]),
            PeerKind.QuicGo => await PeerProcess.RunAsync(
                Workspace.Scratch, Installation.QuicGo,
                ["h3", "-n", count.ToString(), .. body is null ? Array.Empty<string>() : ["-method", "POST", "-data", body], local]),
            PeerKind.Bun => await PeerProcess.RunAsync(
                Workspace.Scratch, Installation.Bun,
                [Path.Combine(Workspace.SharedPeers, "bun", "peer.ts"), "fetch", "--n", count.ToString(), .. body is null ? Array.Empty<string>() : ["--method", "POST", "--data", body], address]),
            PeerKind.Impit => await PeerProcess.RunAsync(
                Workspace.Installed, "env", [body is null ? "NOTHING=" : $"POST={body}", Installation.Node, Path.Combine(Workspace.SharedPeers, "clients", "impit.mjs"), local]),
            _ => throw new ArgumentOutOfRangeException(nameof(client)),
        };
        return Answered().Count(output);
    }

    private static Task<string> GtlsClientAsync(WebServer server, string path, params string[] options) => PeerProcess.RunAsync(
        Workspace.Scratch, "gtlsclient",
        ["--exit-on-all-streams-close", "--no-quic-dump", .. options, "127.0.0.1", server.Port.ToString(), $"https://localhost:{server.Port}{path}"]);

    /// <summary>The text column of gtlsclient's dump.</summary>
    private static string Printed(string output) => string.Concat(Dumped().Matches(output).Select(line => line.Groups[1].Value));

    [GeneratedRegex("""\[:status: 200\]|"status":200""")]
    private static partial Regex Answered();

    [GeneratedRegex(@"^[0-9a-f]{8} .*\|(.*)\|$", RegexOptions.Multiline)]
    private static partial Regex Dumped();
}
