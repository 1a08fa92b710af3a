using System.CommandLine;
using Quiver.Tool.Demo.Leak;
using Quiver.Tool.Output;

namespace Quiver.Tool.Commands;

/// <summary><c>quiver leak-server</c>, hidden: the second process of the leak demo.</summary>
internal static class LeakServerCommand
{
    public static Command Create(ToolOutput output)
    {
        Option<TimeSpan> every = TimeOption.Create("--every", "", TimeSpan.Zero);
        Command command = new("leak-server", "The other end of 'quiver demo leak'.") { every };
        command.Hidden = true;
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await LeakServer.RunAsync(parsed.GetValue(every), Console.In, output.Out, cancellationToken);
            return ExitCodes.Ok;
        });
        return command;
    }
}
