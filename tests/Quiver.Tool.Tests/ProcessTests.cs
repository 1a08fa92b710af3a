using System.Diagnostics;

namespace Quiver.Tool.Tests;

/// <summary>The tool as a user runs it: a process.</summary>
public sealed class ProcessTests : IDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Get_writes_the_file_and_the_key_log_and_returns_0()
    {
        string hash = _folder.CreateFile("file", 3_000_000);
        string keys = _folder["keys.log"];
        await using RunningServer server = await RunningServer.ServeAsync(_folder.Path);
        (int code, _, string error) = await RunAsync(keys, "get", $"{server.Url}/file", "-o", _folder["copy"], "--insecure");
        Assert.True(code == 0, error);
        Assert.Equal(hash, TemporaryFolder.Hash(_folder["copy"]));
        string[] labels = [.. (await File.ReadAllLinesAsync(keys)).Select(line => line.Split(' ')[0])];
        Assert.Contains("CLIENT_HANDSHAKE_TRAFFIC_SECRET", labels);
        Assert.Contains("SERVER_TRAFFIC_SECRET_0", labels);
    }

    [Fact]
    public async Task The_demo_needs_nothing_but_its_name()
    {
        (int code, string output, string error) = await RunAsync(keyLog: null, "demo");
        Assert.True(code == 0, error);
        Assert.Matches(@"(?m)^streams left open +0 ", output);
        Assert.DoesNotContain('\u001b', output);
    }

    [Fact]
    public async Task Bad_usage_returns_2()
    {
        (int code, _, string error) = await RunAsync(keyLog: null, "get");
        Assert.Equal(2, code);
        Assert.NotEmpty(error);
    }

    [Fact]
    public async Task A_machine_without_a_network_is_told_apart_at_once()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess, "needs a network namespace of its own");
        string dll = Path.Combine(AppContext.BaseDirectory, "Quiver.Tool.dll");
        (int code, _, string error) = await RunAsync(
            new ProcessStartInfo("unshare", ["--net", "dotnet", dll, "get", "https://192.0.2.1:4433/file", "-o", _folder["copy"], "--insecure"]));
        Assert.Equal(1, code);
        Assert.Contains("192.0.2.1", error, StringComparison.Ordinal);
        Assert.Contains("unreachable", error, StringComparison.OrdinalIgnoreCase);
    }

    private static Task<(int Code, string Output, string Error)> RunAsync(string? keyLog, params string[] args)
    {
        string dll = Path.Combine(AppContext.BaseDirectory, "Quiver.Tool.dll");
        ProcessStartInfo start = new("dotnet", [dll, .. args]);
        start.Environment.Remove("SSLKEYLOGFILE");
        if (keyLog is not null)
        {
            start.Environment["SSLKEYLOGFILE"] = keyLog;
        }

        return RunAsync(start);
    }

    private static async Task<(int Code, string Output, string Error)> RunAsync(ProcessStartInfo start)
    {
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync().WaitAsync(s_limit);
        return (process.ExitCode, await output, await error);
    }
}
