using System.CommandLine;
using System.Globalization;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Quiver.Tool.Get;
using Quiver.Tool.Hq;
using Quiver.Tool.Output;

namespace Quiver.Tool.Commands;

/// <summary><c>quiver get</c>: files over HTTP/3 or hq-interop, whichever the server speaks.</summary>
internal static class GetCommand
{
    public static Command Create(ToolOutput output)
    {
        Argument<string[]> urls = new("URL") { Description = "What to fetch: https://host:port/path.", Arity = ArgumentArity.OneOrMore };
        Option<string?> target = new("--output", "-o") { Description = "A file, a folder, or - for the standard output. Default: the working directory.", HelpName = "FILE|DIR|-" };
        Option<int> parallel = CountOption.Create("--parallel", "Files fetched at once from one server.", 16, max: 1000);
        Option<bool> insecure = new("--insecure", "-k") { Description = "Take any certificate." };
        Option<string?> ca = new("--ca") { Description = "Trust the certificates of this PEM file, and only those.", HelpName = "FILE" };
        Option<bool> resume = new("--resume") { Description = "Connect twice: once for a session ticket, then with it, and say how that went." };
        Option<bool> earlyData = new("--early-data") { Description = "As --resume, and send the requests before the handshake is complete (0-RTT)." };
        Option<bool> http3 = new("--h3") { Description = "Speak HTTP/3, and nothing else." };
        Option<bool> hq = new("--hq") { Description = "Speak hq-interop, and nothing else; so do URLs that begin with hq://. Default: HTTP/3 if the server does, else hq-interop." };
        Option<bool> version2 = new("--v2") { Description = "Connect with QUIC version 2 (RFC 9369), and no other." };
        Option<bool> verbose = new("--verbose", "-v") { Description = "Tell of each connection how it began, what was negotiated and how it went, on the standard error." };
        Option<MigrateAfter?> migrateAfter = MigrateAfterOption.Create(
            "--migrate-after", "Move each connection to another port after so many bytes or milliseconds, and say so.");
        Option<double?> timeout = new("--timeout") { Description = "Give up after so many seconds. Default: never.", HelpName = "SECONDS" };
        Command command = new("get", "Fetches files over HTTP/3, or over plain QUIC (hq-interop).")
        {
            urls, target, parallel, insecure, ca, http3, hq, resume, earlyData, version2, migrateAfter, verbose, timeout,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            GetOptions options = new()
            {
                Urls = [.. parsed.GetRequiredValue(urls).Select(ParseUrl)],
                Output = parsed.GetValue(target),
                Parallel = parsed.GetValue(parallel),
                Protocols = ChooseProtocols(parsed.GetRequiredValue(urls), parsed.GetValue(http3), parsed.GetValue(hq)),
                Insecure = parsed.GetValue(insecure),
                Roots = parsed.GetValue(ca) is { } file ? LoadRoots(file) : null,
                Resume = parsed.GetValue(resume) || parsed.GetValue(earlyData),
                EarlyData = parsed.GetValue(earlyData),
                Versions = parsed.GetValue(version2) ? [QuicVersion.Version2] : [QuicVersion.Version1, QuicVersion.Version2],
                Verbose = parsed.GetValue(verbose),
                MigrateAfter = parsed.GetValue(migrateAfter),
                Timeout = ParseTimeout(parsed.GetValue(timeout)),
            };
            if (options is { Output: Destination.StandardOutput, Urls.Count: > 1 })
            {
                throw new UsageException("-o - takes one URL only.");
            }

            if (options is { Insecure: true, Roots: not null })
            {
                throw new UsageException("--insecure and --ca contradict each other.");
            }

            return await new GetRun(options, output).RunAsync(cancellationToken) ? ExitCodes.Ok : ExitCodes.Failed;
        });
        return command;
    }

    private static SslApplicationProtocol[] ChooseProtocols(string[] urls, bool http3, bool hq)
    {
        hq |= Array.TrueForAll(urls, url => url.StartsWith("hq:", StringComparison.OrdinalIgnoreCase));
        return (http3, hq) switch
        {
            (true, true) => throw new UsageException("--h3 contradicts --hq and hq://."),
            (true, false) => [SslApplicationProtocol.Http3],
            (false, true) => [HqProtocol.Name],
            _ => [SslApplicationProtocol.Http3, HqProtocol.Name],
        };
    }

    private static Uri ParseUrl(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out Uri? url) && url.Scheme is "https" or "hq" && url.Host.Length > 0
            ? url
            : throw new UsageException($"'{text}' is not a URL such as https://host:4433/path.");

    private static TimeSpan ParseTimeout(double? seconds) => seconds switch
    {
        null => Timeout.InfiniteTimeSpan,
        > 0 and < 1e6 => TimeSpan.FromSeconds(seconds.Value),
        _ => throw new UsageException($"--timeout {seconds.Value.ToString(CultureInfo.InvariantCulture)} is not a number of seconds."),
    };

    private static X509Certificate2Collection LoadRoots(string file)
    {
        X509Certificate2Collection roots = [];
        try
        {
            roots.ImportFromPemFile(file);
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new ToolException($"--ca {file} cannot be read: {e.Message}", e);
        }

        return roots.Count > 0 ? roots : throw new ToolException($"--ca {file} has no certificate in it.");
    }
}
