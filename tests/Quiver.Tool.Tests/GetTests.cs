namespace Quiver.Tool.Tests;

public sealed class GetTests : IDisposable
{
    private readonly TemporaryFolder _www = new();
    private readonly TemporaryFolder _out = new();

    public void Dispose()
    {
        _www.Dispose();
        _out.Dispose();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(65_536)]
    [InlineData(524_288)]
    [InlineData(524_289)]
    [InlineData(50_000_000)]
    public async Task A_file_arrives_as_it_is(int length)
    {
        string hash = _www.CreateFile("file", length);
        await using RunningServer server = await RunningServer.ServeAsync(_www.Path);
        ToolRun run = await ToolRun.RunAsync("get", $"{server.Url}/file", "-o", _out["copy"], "--insecure");
        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Equal(hash, TemporaryFolder.Hash(_out["copy"]));
        Assert.Equal(["copy"], Names());
    }

    [Fact]
    public async Task A_name_may_be_as_long_as_names_can_be()
    {
        string name = new('n', 255);
        string hash = _www.CreateFile(name, 1000);
        await using RunningServer server = await RunningServer.ServeAsync(_www.Path);
        ToolRun run = await ToolRun.RunAsync("get", $"{server.Url}/{name}", "-o", _out.Path, "--insecure");
        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Equal(hash, TemporaryFolder.Hash(_out[name]));
        Assert.Equal([name], Names());
    }

    [Fact]
    public async Task A_second_connection_resumes_on_request_and_says_so()
    {
        string hash = _www.CreateFile("file", 100_000);
        await using RunningServer server = await RunningServer.ServeAsync(_www.Path);
        ToolRun run = await ToolRun.RunAsync("get", $"{server.Url}/file", "-o", _out["copy"], "--insecure", "--resume");
        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Equal(hash, TemporaryFolder.Hash(_out["copy"]));
        Assert.Contains(": resumed\n", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("1MiB", 50_000_000, true)]
    [InlineData("0", 50_000_000, true)]
    [InlineData("0ms", 50_000_000, true)]
    [InlineData("1MiB", 1000, false)]
    [InlineData("60000ms", 1000, false)]
    public async Task The_connection_moves_to_another_port_on_request_and_says_so(string after, int length, bool moves)
    {
        string hash = _www.CreateFile("file", length);
        await using RunningServer server = await RunningServer.ServeAsync(_www.Path);
        ToolRun run = await ToolRun.RunAsync("get", $"{server.Url}/file", "-o", _out["copy"], "--insecure", "--migrate-after", after);
        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Equal(hash, TemporaryFolder.Hash(_out["copy"]));
        Assert.Matches(moves ? @": moved from 127\.0\.0\.1:\d+ to 127\.0\.0\.1:\d+ after " : ": not moved: all was there before ", run.Error);
    }

    [Theory]
    [InlineData("soon")]
    [InlineData("ms")]
    [InlineData("-1ms")]
    public async Task A_moment_that_is_none_is_wrong_usage(string after)
    {
        ToolRun run = await ToolRun.RunAsync("get", "https://localhost:1/file", "--migrate-after", after);
        Assert.Equal(2, run.ExitCode);
        Assert.Contains("neither a size", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "QUIC version: 1", "session: full handshake, early data: none", "Retry: no")]
    [InlineData("--v2", "QUIC version: 2", "session: full handshake, early data: none", "Retry: no")]
    [InlineData("--resume", "QUIC version: 1", "session: resumed, early data: none", "Retry: no")]
    [InlineData("--early-data", "QUIC version: 1", "session: resumed, early data: accepted", "Retry: no")]
    [InlineData("--v2 --early-data", "QUIC version: 2", "session: resumed, early data: accepted", "Retry: no")]
    [InlineData("--hq", "QUIC version: 1", "session: full handshake, early data: none", "Retry: no")]
    [InlineData("--h3", "QUIC version: 1", "session: full handshake, early data: none", "Retry: no")]
    [InlineData("--hq --early-data", "QUIC version: 1", "session: resumed, early data: accepted", "Retry: no")]
    [InlineData("", "QUIC version: 1", "session: full handshake, early data: none", "Retry: yes", "--retry")]
    public async Task Verbose_tells_how_the_connection_began_and_went(
        string options, string version, string session, string retry, string serverOption = "--early-data")
    {
        string hash = _www.CreateFile("file", 100_000);
        await using RunningServer server = await RunningServer.ServeAsync(_www.Path, serverOption);
        string[] more = options.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        ToolRun run = await ToolRun.RunAsync(["get", $"{server.Url}/file", "-o", _out["copy"], "--insecure", "-v", .. more]);
        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Equal(hash, TemporaryFolder.Hash(_out["copy"]));
        Assert.Contains($"*   {version}\n", run.Error, StringComparison.Ordinal);
        Assert.Contains($"*   {session}\n", run.Error, StringComparison.Ordinal);
        Assert.Contains($"*   {retry}\n", run.Error, StringComparison.Ordinal);
        Assert.Contains($"*   ALPN: {(more.Contains("--hq") ? "hq-interop" : "h3")}\n", run.Error, StringComparison.Ordinal);
        Assert.Contains("*   TLS: TLS_AES_128_GCM_SHA256, X25519", run.Error, StringComparison.Ordinal);
        Assert.Matches(@"\* localhost:\d+: connected after [\d.]+ (µs|ms|s)\n\*   path: 127\.0\.0\.1:\d+ to 127\.0\.0\.1:\d+\n", run.Error);
        Assert.Matches(@"\* localhost:\d+: done after [\d.]+ (µs|ms|s)\n", run.Error);
        Assert.Matches(@"\*   round trip: [\d.]+ (µs|ms|s), [1-9]\d* packets sent, [1-9]\d* received, \d+ lost\n", run.Error);
    }

    [Fact]
    public async Task Without_the_switch_nothing_is_told_of_connections()
    {
        _www.CreateFile("file", 10);
        await using RunningServer server = await RunningServer.ServeAsync(_www.Path);
        ToolRun run = await ToolRun.RunAsync("get", $"{server.Url}/file", "-o", _out["copy"], "--insecure");
        Assert.True(run.ExitCode == 0, run.Error);
        Assert.DoesNotContain("QUIC version", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--early-data", "resumed, early data accepted")]
    [InlineData("--quiet", "resumed")]
    [InlineData("--no-resume", "not resumed")]
    public async Task Early_data_goes_out_on_request_where_the_server_takes_it(string option, string expected)
    {
        string[] hashes = [.. Enumerable.Range(0, 20).Select(i => _www.CreateFile($"{i}", 5000 + i))];
        await using RunningServer server = await RunningServer.ServeAsync(_www.Path, option);
        string[] urls = [.. Enumerable.Range(0, 20).Select(i => $"{server.Url}/{i}")];
        ToolRun run = await ToolRun.RunAsync(["get", .. urls, "-o", _out.Path, "--insecure", "--early-data"]);
        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Equal(hashes, Enumerable.Range(0, 20).Select(i => TemporaryFolder.Hash(_out[$"{i}"])));
        Assert.Contains($": {expected}\n", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Many_files_arrive_over_one_connection()
    {
        string[] hashes = [.. Enumerable.Range(0, 300).Select(i => _www.CreateFile($"sub/{i}", i * 37))];
        await using RunningServer server = await RunningServer.ServeAsync(_www.Path);
        string[] urls = [.. Enumerable.Range(0, 300).Select(i => $"{server.Url}/sub/{i}")];
        ToolRun run = await ToolRun.RunAsync(["get", .. urls, "-o", _out.Path, "--insecure", "--parallel", "50"]);
        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Equal(hashes, Enumerable.Range(0, 300).Select(i => TemporaryFolder.Hash(_out[$"{i}"])));
        Assert.Equal(1, server.Log.Split("connected, ").Length - 1);
    }

    [Fact]
    public async Task Names_with_spaces_and_letters_of_all_kinds_arrive()
    {
        string hash = _www.CreateFile("ein Brief & çà 100%.txt", 100);
        await using RunningServer server = await RunningServer.ServeAsync(_www.Path);
        ToolRun run = await ToolRun.RunAsync("get", $"{server.Url}/{Uri.EscapeDataString("ein Brief & çà 100%.txt")}", "-o", _out.Path, "-k");
        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Equal(hash, TemporaryFolder.Hash(_out["ein Brief & çà 100%.txt"]));
    }

    [Fact]
    public async Task The_standard_output_can_take_a_file()
    {
        _www.CreateFile("file", 1_000_000);
        await using RunningServer server = await RunningServer.ServeAsync(_www.Path);
        ToolRun run = await ToolRun.RunAsync("get", $"{server.Url}/file", "-o", "-", "--insecure");
        Assert.Equal(0, run.ExitCode);
        Assert.Equal(await File.ReadAllBytesAsync(_www["file"]), run.Binary);
        Assert.Empty(run.Out);
    }

    [Fact]
    public async Task A_file_that_is_there_is_replaced_when_the_new_one_is_complete()
    {
        string hash = _www.CreateFile("file", 1000);
        _out.CreateFile("file", 5000);
        await using RunningServer server = await RunningServer.ServeAsync(_www.Path);
        Assert.Equal(1, (await ToolRun.RunAsync("get", $"{server.Url}/none", "-o", _out["file"], "-k")).ExitCode);
        Assert.Equal(5000, new FileInfo(_out["file"]).Length);
        Assert.Equal(0, (await ToolRun.RunAsync("get", $"{server.Url}/file", "-o", _out["file"], "-k")).ExitCode);
        Assert.Equal(hash, TemporaryFolder.Hash(_out["file"]));
        Assert.Equal(["file"], Names());
    }

    [Fact]
    public async Task An_empty_file_may_be_a_device_and_is_written_in_place()
    {
        // A device would do as well, but no test may put the machine's own at risk: a hard link tells writing from replacing.
        string hash = _www.CreateFile("file", 700_000);
        File.WriteAllBytes(_out["empty"], []);
        File.CreateSymbolicLink(_out["link"], _out["empty"]);
        await using RunningServer server = await RunningServer.ServeAsync(_www.Path);
        Assert.Equal(0, (await ToolRun.RunAsync("get", $"{server.Url}/file", "-o", _out["link"], "-k")).ExitCode);
        Assert.NotNull(new FileInfo(_out["link"]).LinkTarget);
        Assert.Equal(hash, TemporaryFolder.Hash(_out["empty"]));
    }

    [Theory]
    [InlineData("--h3", "the server answered 404 (Not Found)")]
    [InlineData("--hq", "the server has no such file")]
    public async Task A_missing_file_fails_and_leaves_nothing(string protocol, string message)
    {
        _www.CreateFile("there", 10);
        await using RunningServer server = await RunningServer.ServeAsync(_www.Path);
        ToolRun run = await ToolRun.RunAsync("get", $"{server.Url}/missing", $"{server.Url}/there", "-o", _out.Path, "--insecure", protocol);
        Assert.Equal(1, run.ExitCode);
        Assert.Contains($"{server.Url}/missing: {message}", run.Error, StringComparison.Ordinal);
        Assert.Equal(["there"], Names());
    }

    [Fact]
    public async Task A_certificate_that_the_CA_did_not_sign_is_refused_by_the_name_of_the_fault()
    {
        PemFiles other = PemFiles.Create(_out, "other");
        await using RunningServer server = await RunningServer.ServeAsync(_www.Path);
        ToolRun run = await ToolRun.RunAsync("get", $"{server.Url}/file", "--ca", other.Certificate);
        Assert.Equal(1, run.ExitCode);
        Assert.Matches("UntrustedRoot|PartialChain", run.Error);
        Assert.Contains(server.Url, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_certificate_that_nobody_signed_is_refused_without_a_CA()
    {
        await using RunningServer server = await RunningServer.ServeAsync(_www.Path);
        ToolRun run = await ToolRun.RunAsync("get", $"{server.Url}/file");
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("UntrustedRoot", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_certificate_from_files_is_served_and_trusted_by_its_CA(bool pfx)
    {
        _www.CreateFile("file", 1000);
        PemFiles files = PemFiles.Create(_out, "server");
        string[] identity = pfx ? ["--cert", files.Pfx, "--password", "secret"] : ["--cert", files.Certificate, "--key", files.Key];
        await using RunningServer server = await RunningServer.ServeAsync(_www.Path, identity);
        ToolRun run = await ToolRun.RunAsync("get", $"{server.Url}/file", "--ca", files.Certificate, "-o", _out["copy"]);
        Assert.True(run.ExitCode == 0, run.Error);
    }

    [Fact]
    public async Task Nothing_on_the_port_is_a_failure_that_names_the_URL()
    {
        ToolRun run = await ToolRun.RunAsync("get", "https://127.0.0.1:9/file", "--insecure", "--timeout", "1");
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("not done after 1 s", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("get")]
    [InlineData("get", "ftp://host/file")]
    [InlineData("get", "https://localhost:1/a", "--parallel", "0")]
    [InlineData("get", "https://localhost:1/a", "https://localhost:1/b", "-o", "-")]
    [InlineData("get", "https://localhost:1/")]
    [InlineData("get", "https://localhost:1/a", "--timeout", "-1")]
    [InlineData("get", "https://localhost:1/a", "--h3", "--hq")]
    [InlineData("get", "hq://localhost:1/a", "--h3")]
    [InlineData("serve")]
    [InlineData("serve", "--root", ".", "--listen", "nowhere")]
    [InlineData("demo", "--bytes", "many")]
    [InlineData("perf", "nonsense")]
    [InlineData("nonsense")]
    public async Task A_command_line_that_makes_no_sense_is_told_apart_from_a_failure(params string[] args)
    {
        ToolRun run = await ToolRun.RunAsync(args);
        Assert.Equal(2, run.ExitCode);
        Assert.NotEmpty(run.Error);
    }

    private IEnumerable<string?> Names() => Directory.EnumerateFileSystemEntries(_out.Path).Select(Path.GetFileName).Order(StringComparer.Ordinal);
}
