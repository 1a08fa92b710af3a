using System.CommandLine;
using System.Net;
using System.Net.Security;
using Quiver.Tool.Hosting;
using Quiver.Tool.Output;
using Quiver.Tool.Perf;

namespace Quiver.Tool.Commands;

/// <summary><c>quiver perf</c>: how fast it is here, beside what the machine can do without a protocol.</summary>
internal static class PerfCommand
{
    private const int MaxStreams = 1000;

    public static Command Create(ToolOutput output)
    {
        Argument<string[]> scenarios = new("SCENARIO") { Description = "download, upload, rps, pingpong, handshakes, resumed; default: all.", Arity = ArgumentArity.ZeroOrMore };
        scenarios.AcceptOnlyFromAmong([.. PerfScenarios.All.Select(scenario => scenario.Name)]);
        Option<string?> server = new("--server") { Description = "A running 'quiver perf --serve'. Default: a process started for this.", HelpName = "HOST:PORT" };
        Option<bool> serve = new("--serve") { Description = "Be the server until Ctrl-C." };
        Option<bool> child = new("--child") { Description = "Print the address only and leave with the end of the input.", Hidden = true };
        Option<IPEndPoint> listen = ListenOption.Create("127.0.0.1:4434");
        Option<int> runs = CountOption.Create("--runs", "The median is of so many runs.", 3, max: 1000);
        Option<double> duration = new("--duration") { Description = "Seconds of each measurement.", HelpName = "SECONDS", DefaultValueFactory = _ => 4 };
        Option<double> warmUp = new("--warmup") { Description = "Seconds before each that do not count.", HelpName = "SECONDS", DefaultValueFactory = _ => 1 };
        Option<int> concurrency = CountOption.Create("--concurrency", "Requests under way at once; handshakes: 16 at most.", 100, max: MaxStreams);
        Option<int> request = CountOption.Create("--request", "Bytes of a request.", 100, max: PerfServer.MaxLength);
        Option<int> response = CountOption.Create("--response", "Bytes of a response.", 1000, max: PerfServer.MaxLength);
        Option<int> buffer = CountOption.Create("--buffer", "Bytes of each read and write of a transfer.", 64 << 10, max: PerfServer.MaxLength);
        Option<int> ping = CountOption.Create("--ping", "Bytes of a ping.", 64, max: PerfServer.MaxLength);
        Option<bool> limit = new("--limit") { Description = "Measure beside it what the same sockets and AES-GCM do without a protocol." };
        Option<ByteCount> limitBytes = SizeOption.Create("--limit-bytes", "How much the limit's transfer sends.", 2_000_000_000);
        Option<bool> isJson = new("--json") { Description = "Print JSON instead of a table." };
        Command command = new("perf", "Measures throughput, requests, round trips and handshakes.")
        {
            scenarios, server, serve, child, listen, runs, duration, warmUp, concurrency, request, response, buffer, ping, limit, limitBytes, isJson,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            if (parsed.GetValue(serve))
            {
                await ServeAsync(output, parsed.GetRequiredValue(listen), parsed.GetValue(child), cancellationToken);
                return ExitCodes.Ok;
            }

            string[] names = parsed.GetValue(scenarios) ?? [];
            PerfOptions options = new()
            {
                Scenarios = names.Length == 0 ? PerfScenarios.All : [.. PerfScenarios.All.Where(scenario => names.Contains(scenario.Name, StringComparer.Ordinal))],
                Server = parsed.GetValue(server) is { } text ? ParseEndPoint(text) : null,
                Runs = parsed.GetValue(runs),
                Duration = ParseSeconds(duration.Name, parsed.GetValue(duration)),
                WarmUp = ParseSeconds(warmUp.Name, parsed.GetValue(warmUp)),
                Concurrency = parsed.GetValue(concurrency),
                RequestLength = parsed.GetValue(request),
                ResponseLength = parsed.GetValue(response),
                BufferLength = parsed.GetValue(buffer),
                PingLength = parsed.GetValue(ping),
                WithLimit = parsed.GetValue(limit),
                LimitBytes = parsed.GetValue(limitBytes).Value,
            };
            string peer = options.Server is null ? "the perf server" : $"the perf server {parsed.GetValue(server)}";
            await Failures.ExplainAsync(peer, async () =>
            {
                PerfReport report = await new PerfRun(options, output.Messages).RunAsync(cancellationToken);
                if (parsed.GetValue(isJson))
                {
                    PerfReportWriter.WriteJson(report, options, output.Out);
                }
                else
                {
                    PerfReportWriter.WriteTable(report, options, output);
                }
            });
            return ExitCodes.Ok;
        });
        return command;
    }

    private static async Task ServeAsync(ToolOutput output, IPEndPoint endPoint, bool isChild, CancellationToken cancellationToken)
    {
        SslServerAuthenticationOptions tls = new()
        {
            ApplicationProtocols = [PerfProtocol.Name],
            ServerCertificateContext = ServerCertificate.CreateSelfSigned(),
        };
        await Failures.ExplainAsync($"{endPoint} as an address to listen on", async () =>
        {
            await using QuicServer server = await QuicServer.StartAsync(endPoint, tls, new PerfServer(), MaxStreams);
            await output.Out.WriteLineAsync(isChild ? $"{server.LocalEndPoint}" : $"Perf server on {server.LocalEndPoint}; Ctrl-C ends it.");
            await output.Out.FlushAsync(CancellationToken.None);
            Task end = isChild ? Console.In.ReadToEndAsync(cancellationToken) : Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
            await end.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        });
    }

    private static EndPoint ParseEndPoint(string text)
    {
        if (IPEndPoint.TryParse(text, out IPEndPoint? endPoint) && endPoint.Port > 0)
        {
            return endPoint;
        }

        return Uri.TryCreate($"quic://{text}", UriKind.Absolute, out Uri? url) && url is { Port: > 0, AbsolutePath: "/" }
            ? new DnsEndPoint(url.Host, url.Port)
            : throw new UsageException($"--server {text} is not HOST:PORT.");
    }

    private static TimeSpan ParseSeconds(string option, double seconds) =>
        seconds is > 0 and < 1e5 ? TimeSpan.FromSeconds(seconds) : throw new UsageException($"{option} must be a positive number of seconds.");
}
