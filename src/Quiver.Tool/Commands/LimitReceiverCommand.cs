using System.CommandLine;
using Quiver.Tool.Output;
using Quiver.Tool.Perf;

namespace Quiver.Tool.Commands;

/// <summary><c>quiver limit-receiver</c>, hidden: the second process of the machine-limit measurement.</summary>
internal static class LimitReceiverCommand
{
    public static Command Create(ToolOutput output)
    {
        Option<bool> portable = new("--portable");
        Command command = new("limit-receiver", "The other end of 'quiver perf --limit'.") { portable };
        command.Hidden = true;
        command.SetAction(parsed =>
        {
            LimitReceiver.Run(parsed.GetValue(portable), output.Out);
            return ExitCodes.Ok;
        });
        return command;
    }
}
