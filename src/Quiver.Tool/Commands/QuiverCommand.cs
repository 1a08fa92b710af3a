using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using Quiver.Tool.Output;

namespace Quiver.Tool.Commands;

/// <summary>The command line: parses, runs one command, and turns its outcome into messages and an exit code.</summary>
internal static class QuiverCommand
{
    // Ctrl-C cancels the command; after so long the process ends whatever the command does.
    private static readonly TimeSpan s_terminationTimeout = TimeSpan.FromSeconds(5);

    public static async Task<int> RunAsync(IReadOnlyList<string> args, ToolOutput output, CancellationToken cancellationToken = default)
    {
        ParseResult parsed = Create(output).Parse(args);
        InvocationConfiguration configuration = new()
        {
            Output = output.Out,
            Error = output.Error,
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = s_terminationTimeout,
        };
        bool isUsageError = parsed.Action is ParseErrorAction;
        try
        {
            int code = await parsed.InvokeAsync(configuration, cancellationToken);
            return isUsageError ? ExitCodes.Usage : code;
        }
        catch (UsageException e)
        {
            await output.Error.WriteLineAsync($"quiver: {e.Message}");
            return ExitCodes.Usage;
        }
        catch (ToolException e)
        {
            await output.Error.WriteLineAsync($"quiver: {e.Message}");
            return ExitCodes.Failed;
        }
        catch (OperationCanceledException)
        {
            await output.Error.WriteLineAsync("quiver: cancelled.");
            return ExitCodes.Failed;
        }
    }

    // Not a RootCommand: that one is named after the executable's file.
    private static Command Create(ToolOutput output) => new("quiver", "QUIC from the command line: serve and get files, measure, see it work.")
    {
        DemoCommand.Create(output),
        ServeCommand.Create(output),
        GetCommand.Create(output),
        PerfCommand.Create(output),
        LimitReceiverCommand.Create(output),
        LeakServerCommand.Create(output),
        new HelpOption(),
        new VersionOption(),
    };
}
