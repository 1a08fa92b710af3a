using System.CommandLine;
using Quiver.Tool.Demo;
using Quiver.Tool.Output;

namespace Quiver.Tool.Commands;

/// <summary><c>quiver demo</c>: everything at work on this machine, with nothing to prepare.</summary>
internal static class DemoCommand
{
    public static Command Create(ToolOutput output)
    {
        DemoOptions defaults = new();
        Option<ByteCount> bytes = SizeOption.Create("--bytes", "How much to transfer.", defaults.Bytes);
        Option<int> streams = CountOption.Create("--streams", "How many short streams to open.", defaults.Streams);
        Option<int> parallel = CountOption.Create("--parallel", "How many short streams are open at once.", defaults.Parallel, max: 1000);
        Option<int> handshakes = CountOption.Create("--handshakes", "How many handshakes the median is of.", defaults.Handshakes);
        Option<int> echoes = CountOption.Create("--echoes", "How many echoes the median is of.", defaults.Echoes);
        Command command = new("demo", "A server and a client on this machine: a handshake, echoes, a transfer and thousands of short streams.")
        {
            bytes, streams, parallel, handshakes, echoes, LeakDemoCommand.Create(output),
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            DemoOptions options = new()
            {
                Bytes = parsed.GetValue(bytes).Value,
                Streams = parsed.GetValue(streams),
                Parallel = parsed.GetValue(parallel),
                Handshakes = parsed.GetValue(handshakes),
                Echoes = parsed.GetValue(echoes),
            };
            await Failures.ExplainAsync("the demo's own server", () => new DemoRun(options, output.Console).RunAsync(cancellationToken));
            return ExitCodes.Ok;
        });
        return command;
    }
}
