using System.Diagnostics;
using System.Net;
using System.Security.Cryptography;

namespace Quiver.Interop.Tests;

/// <summary>
/// One large file through <c>quiver serve</c> and <c>quiver get</c> and the servers and clients of others, all as programs: the
/// checksums agree. 100 MB, and 1 GB where QUIVER_LONG_TESTS is set.
/// </summary>
public sealed class FileTests : IAsyncLifetime
{
    private const string FileName = "file.bin";
    private static readonly bool s_isLong = Environment.GetEnvironmentVariable("QUIVER_LONG_TESTS") is { Length: > 0 };
    private static readonly int s_length = s_isLong ? 1_000_000_000 : 100_000_000;

    // Far more than it takes: the slowest peer moves some 10 MB a second here.
    private static readonly TimeSpan s_limit = s_isLong ? TimeSpan.FromMinutes(10) : TimeSpan.FromMinutes(2);
    private static readonly Lazy<Task<string>> s_file = new(CreateFileAsync);

    private readonly string _directory = Directory.CreateTempSubdirectory("quiver-files-").FullName;
    private string _pki = "";
    private string _sum = "";

    public async ValueTask InitializeAsync()
    {
        Installation.RequireScripts();
        _pki = await Pki.DirectoryAsync();
        _sum = await s_file.Value;
    }

    public ValueTask DisposeAsync()
    {
        Directory.Delete(_directory, recursive: true);
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Quiver_gets_from_quiver()
    {
        (PeerProcess process, IPEndPoint server) = await ServeAsync();
        await using PeerProcess owned = process;
        await GetAsync(server, "quiver");
    }

    [Theory]
    [MemberData(nameof(Matrix.Peers), MemberType = typeof(Matrix))]
    public async Task Quiver_gets_from_the_peers_server(PeerKind peer)
    {
        Installation.Require(peer);
        string[] files = ["--port", "0", "--cert", CertificateFile, "--key", KeyFile, "--www", Www];
        await using PeerProcess process = peer == PeerKind.QuicGo
            ? PeerProcess.Start(
                _directory, s_limit, Installation.QuicGo, "server", "-addr", "127.0.0.1:0", "-cert", CertificateFile, "-key", KeyFile, "-www", Www)
            : OwnPeer.Script(peer, s_limit, ["hq-server", .. files]);
        await GetAsync(await SharedPeer.ListeningAsync(process), peer.ToString());
    }

    [Theory]
    [MemberData(nameof(Matrix.Peers), MemberType = typeof(Matrix))]
    public async Task The_peers_client_gets_from_quiver(PeerKind peer)
    {
        Installation.Require(peer);
        (PeerProcess process, IPEndPoint server) = await ServeAsync();
        await using PeerProcess owned = process;
        long start = Stopwatch.GetTimestamp();
        await using PeerProcess client = peer == PeerKind.QuicGo
            ? PeerProcess.Start(
                _directory, s_limit, Installation.QuicGo, "hq", "-timeout", $"{(int)s_limit.TotalSeconds}s", $"https://{server}/{FileName}")
            : OwnPeer.Script(
                peer, s_limit, "get", "--port", server.Port.ToString(), "--ca", Path.Combine(_pki, "ca.pem"), "/" + FileName);
        Assert.Contains(_sum, await client.SucceededAsync(s_limit), StringComparison.Ordinal);
        Report($"{peer} <- quiver", start);
    }

    private static string Www => Path.Combine(Workspace.Scratch, "www");

    private string CertificateFile => Path.Combine(_pki, "cert.pem");

    private string KeyFile => Path.Combine(_pki, "key.pem");

    private static async Task<string> CreateFileAsync()
    {
        Directory.CreateDirectory(Www);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await using FileStream file = File.Create(Path.Combine(Www, FileName));
        byte[] block = new byte[1 << 20];
        for (long left = s_length; left > 0; left -= block.Length)
        {
            RandomNumberGenerator.Fill(block);
            ReadOnlyMemory<byte> part = block.AsMemory(0, (int)Math.Min(left, block.Length));
            hash.AppendData(part.Span);
            await file.WriteAsync(part);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private async Task<(PeerProcess Process, IPEndPoint EndPoint)> ServeAsync()
    {
        PeerProcess process = PeerProcess.Start(
            _directory, s_limit, Workspace.Tool, "serve", "--root", Www, "--listen", "127.0.0.1:0", "--cert", CertificateFile, "--key", KeyFile);
        string line = await process.LineAsync("Serving ");
        return (process, IPEndPoint.Parse(line[(line.LastIndexOf(' ') + 1)..]));
    }

    private async Task GetAsync(IPEndPoint server, string name)
    {
        string output = Path.Combine(_directory, FileName);
        long start = Stopwatch.GetTimestamp();
        await using PeerProcess get = PeerProcess.Start(
            _directory, s_limit, Workspace.Tool, "get", "--hq", $"https://{server}/{FileName}", "-o", output, "--ca", Path.Combine(_pki, "ca.pem"));
        await get.SucceededAsync(s_limit);
        Report($"quiver <- {name}", start);
        await using FileStream file = File.OpenRead(output);
        Assert.Equal(_sum, Convert.ToHexStringLower(await SHA256.HashDataAsync(file)));
    }

    // For the reader of the log; nothing depends on it.
    private static void Report(string what, long start)
    {
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{what}: {s_length / 1_000_000} MB in {seconds:F1} s, program start included: {s_length / 1e6 / seconds:F0} MB/s");
    }
}
