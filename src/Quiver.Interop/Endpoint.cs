using System.Net.Sockets;
using System.Security.Authentication;
using Quiver.Tool.Commands;

namespace Quiver.Interop;

/// <summary>Runs one test case in one role and says by an exit code how it went.</summary>
internal static class Endpoint
{
    public static async Task<int> RunAsync(RunnerEnvironment environment, TextWriter output, TextWriter error)
    {
        if (TestCases.Find(environment.TestCase) is not { } testCase)
        {
            await error.WriteLineAsync($"Test case '{environment.TestCase}' is not supported.");
            return ExitCodes.Unsupported;
        }

        try
        {
            await WarmUp.RunAsync();
            switch (environment.Role)
            {
                case "client":
                    await new Client(testCase, environment, output).RunAsync();
                    return ExitCodes.Ok;
                case "server":
                    await Server.RunAsync(testCase, environment, output);
                    return ExitCodes.Ok;
                default:
                    await error.WriteLineAsync($"ROLE is '{environment.Role}': it must be client or server.");
                    return ExitCodes.Failed;
            }
        }
        catch (Exception e) when (e is ToolException or QuicException or AuthenticationException or SocketException or IOException or TimeoutException)
        {
            await error.WriteLineAsync($"Test case {environment.TestCase} failed: {e.Message}");
            return ExitCodes.Failed;
        }
    }
}
