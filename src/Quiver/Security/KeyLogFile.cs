using System.Text;
using Quiver.Diagnostics;

namespace Quiver.Security;

/// <summary>
/// Writes the secrets of connections to the file that the environment variable SSLKEYLOGFILE names, for Wireshark and its like
/// (RFC 9850). Only when the application's switch <c>System.Net.EnableSslKeyLogging</c> is on: secrets are for debugging.
/// </summary>
internal sealed class KeyLogFile(Stream file)
{
    private const string Switch = "System.Net.EnableSslKeyLogging";
    private const string Variable = "SSLKEYLOGFILE";

    private readonly Lock _lock = new();

    /// <summary>The file of this process, opened once; null when keys are not logged.</summary>
    public static KeyLogFile? Shared { get; } =
        AppContext.TryGetSwitch(Switch, out bool isOn) && isOn ? Open(Environment.GetEnvironmentVariable(Variable)) : null;

    public static KeyLogFile? Open(string? path)
    {
        if (string.IsNullOrEmpty(path))
        {
            return null;
        }

        try
        {
            var file = new KeyLogFile(new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite));
            QuiverLog.KeyLogStarted(QuicDiagnostics.Logger, path);
            return file;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            QuiverLog.KeyLogFailed(QuicDiagnostics.Logger, e, path);
            return null;
        }
    }

    /// <summary>One line, as RFC 9850 §2 has it: label, client random and secret in hexadecimal.</summary>
    public void Write(string label, ReadOnlySpan<byte> clientRandom, ReadOnlySpan<byte> secret)
    {
        byte[] line = Encoding.ASCII.GetBytes($"{label} {Convert.ToHexStringLower(clientRandom)} {Convert.ToHexStringLower(secret)}\n");
        lock (_lock)
        {
            file.Write(line);
            file.Flush();
        }
    }
}
