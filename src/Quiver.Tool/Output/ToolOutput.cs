using Spectre.Console;

namespace Quiver.Tool.Output;

/// <summary>
/// Where a command writes: results to <see cref="Out"/>, what happens meanwhile and what went wrong to <see cref="Error"/>. Commands
/// never use the global console, so that tests can run them side by side.
/// </summary>
internal sealed class ToolOutput
{
    private readonly Func<Stream> _openBinary;

    private ToolOutput(TextWriter output, TextWriter error, IAnsiConsole console, IAnsiConsole messages, Func<Stream> openBinary)
    {
        Out = output;
        Error = error;
        Console = console;
        Messages = messages;
        _openBinary = openBinary;
    }

    public TextWriter Out { get; }

    public TextWriter Error { get; }

    /// <summary>Tables and progress for the result.</summary>
    public IAnsiConsole Console { get; }

    /// <summary>Progress beside a result that goes elsewhere.</summary>
    public IAnsiConsole Messages { get; }

    public static ToolOutput ForProcess()
    {
        bool isDumb = Environment.GetEnvironmentVariable("TERM") is null or "" or "dumb" && !OperatingSystem.IsWindows();
        return new ToolOutput(
            System.Console.Out,
            System.Console.Error,
            CreateConsole(System.Console.Out, !isDumb && !System.Console.IsOutputRedirected),
            CreateConsole(System.Console.Error, !isDumb && !System.Console.IsErrorRedirected),
            System.Console.OpenStandardOutput);
    }

    /// <summary>Plain lines to the two writers.</summary>
    public static ToolOutput ForWriters(TextWriter output, TextWriter error, Stream? binary = null) => new(
        output, error, CreateConsole(output, isRich: false), CreateConsole(error, isRich: false), () => binary ?? Stream.Null);

    /// <summary>The standard output for bytes. The caller disposes it.</summary>
    public Stream OpenBinary() => _openBinary();

    private static IAnsiConsole CreateConsole(TextWriter writer, bool isRich)
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(writer),
            Ansi = isRich ? AnsiSupport.Detect : AnsiSupport.No,
            ColorSystem = isRich ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            Interactive = isRich ? InteractionSupport.Detect : InteractionSupport.No,
        });
        if (!isRich)
        {
            // No one wraps a file: lines stay whole.
            console.Profile.Width = 200;
        }

        return console;
    }
}
