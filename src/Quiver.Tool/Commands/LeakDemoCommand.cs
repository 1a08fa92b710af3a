using System.CommandLine;
using Quiver.Tool.Demo.Leak;
using Quiver.Tool.Output;

namespace Quiver.Tool.Commands;

/// <summary><c>quiver demo leak</c>: a server opens streams, a client misuses them, and both ends are watched.</summary>
internal static class LeakDemoCommand
{
    public static Command Create(ToolOutput output)
    {
        LeakOptions defaults = new();
        Option<string> client = new("--client")
        {
            Description = "What the client does with each stream: close, drop, read-once, never-accept or dispose.",
            DefaultValueFactory = _ => LeakOptions.NameOf(defaults.Client),
        };
        client.AcceptOnlyFromAmong([.. Enum.GetValues<LeakClientWay>().Select(LeakOptions.NameOf)]);
        Option<TimeSpan> every = TimeOption.Create("--every", "Pause between two streams; without it as fast as it goes.", defaults.Every);
        Option<TimeSpan> duration = TimeOption.Create("--duration", "How long to run.", defaults.Duration);
        Option<int> limit = CountOption.Create("--limit", "How many streams the server may have open at once.", defaults.Limit, max: 1_000_000);
        Command command = new("leak", "The leak that Quiver began with, live: streams that are closed by half, dropped or never accepted.")
        {
            client, every, duration, limit,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            LeakOptions options = new()
            {
                Client = LeakOptions.WayOf(parsed.GetValue(client)!), // It has a default.
                Every = parsed.GetValue(every),
                Duration = parsed.GetValue(duration),
                Limit = parsed.GetValue(limit),
            };
            LeakVerdict verdict = LeakVerdict.None;
            await Failures.ExplainAsync(
                "the demo's own server", async () => verdict = await new LeakRun(options, output.Console).RunAsync(cancellationToken));
            return verdict.IsGood ? ExitCodes.Ok : ExitCodes.Failed;
        });
        return command;
    }
}
