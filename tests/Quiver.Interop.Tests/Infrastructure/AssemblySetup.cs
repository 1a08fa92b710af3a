using System.Runtime.CompilerServices;
using Xunit.Sdk;
using Xunit.v3;

// Two programs that encrypt at full speed are enough for one machine, and a peer's output belongs to one test.
[assembly: Parallelization(Mode = ParallelMode.None)]

namespace Quiver.Interop.Tests.Infrastructure;

/// <summary>Turns the key log on before anything of Quiver runs: it is opened once a process.</summary>
internal static class AssemblySetup
{
    public static string KeyLog { get; private set; } = "";

    [ModuleInitializer]
    internal static void Run()
    {
        KeyLog = Environment.GetEnvironmentVariable("SSLKEYLOGFILE") is { Length: > 0 } given ? given : Path.Combine(Workspace.Scratch, "keys.log");
        Environment.SetEnvironmentVariable("SSLKEYLOGFILE", KeyLog);
        AppContext.SetSwitch("System.Net.EnableSslKeyLogging", true);
    }
}
