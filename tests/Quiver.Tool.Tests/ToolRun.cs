using Quiver.Tool.Commands;
using Quiver.Tool.Output;

namespace Quiver.Tool.Tests;

/// <summary>One command run inside the test's process, with what it printed.</summary>
internal sealed record ToolRun(int ExitCode, string Out, string Error, byte[] Binary)
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    public static async Task<ToolRun> RunAsync(params string[] args)
    {
        using StringWriter output = new();
        using StringWriter error = new();
        using MemoryStream binary = new();
        int code = await QuiverCommand.RunAsync(args, ToolOutput.ForWriters(output, error, binary)).WaitAsync(s_limit);
        return new ToolRun(code, output.ToString(), error.ToString(), binary.ToArray());
    }
}
