using System.Diagnostics;
using System.Reflection;

namespace Quiver.Tool.Hosting;

/// <summary>Starts this tool a second time, however it was started itself.</summary>
internal static class SelfProcess
{
    /// <summary>The process's standard input and output are pipes; it is to end when its input does. The caller disposes it.</summary>
    public static Process Start(IReadOnlyList<string> arguments)
    {
        string path = Environment.ProcessPath ?? throw new InvalidOperationException("The path of this executable is unknown.");
        Assembly tool = typeof(SelfProcess).Assembly;
        string dll = Path.Combine(AppContext.BaseDirectory, $"{tool.GetName().Name}.dll");
        (string file, string[] prefix) = (IsDotnet(path), Assembly.GetEntryAssembly() == tool) switch
        {
            // Run by "dotnet quiver.dll": the process is dotnet, and its first argument is ours.
            (true, _) => (path, [dll]),
            (false, true) => (path, Array.Empty<string>()),

            // Inside a test's process.
            (false, false) => ("dotnet", [dll]),
        };
        ProcessStartInfo start = new(file, [.. prefix, .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        return Process.Start(start) ?? throw new InvalidOperationException($"{file} did not start.");
    }

    private static bool IsDotnet(string path) => Path.GetFileNameWithoutExtension(path).Equals("dotnet", StringComparison.OrdinalIgnoreCase);
}
