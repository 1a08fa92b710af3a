using System.Text;
using Quiver.Diagnostics;

namespace Quiver.Security;

/// <summary>
/// Writes the secrets of connections to the file that the environment variable SSLKEYLOGFILE names, for Wireshark and its like
/// (RFC 9850). Only when the application's switch <c>System.Net.EnableSslKeyLogging</c> is on: secrets are for debugging.
/// </summary>
internal static class KeyLogFile
{
    private static readonly Lock s_lock = new();
    private static readonly FileStream? s_file = Open();

    public static bool IsEnabled => s_file is not null;

    /// <summary>One line, as RFC 9850 §2 has it: label, client random and secret in hexadecimal.</summary>
    public static void Write(string label, ReadOnlySpan<byte> clientRandom, ReadOnlySpan<byte> secret)
    {
        if (s_file is null)
        {
            return;
        }

        byte[] line = Encoding.ASCII.GetBytes($"{label} {Convert.ToHexStringLower(clientRandom)} {Convert.ToHexStringLower(secret)}\n");
        lock (s_lock)
        {
            s_file.Write(line);
            s_file.Flush();
        }
    }

    private static FileStream? Open()
    {
        if (!AppContext.TryGetSwitch("System.Net.EnableSslKeyLogging", out bool isOn) || !isOn ||
            Environment.GetEnvironmentVariable("SSLKEYLOGFILE") is not { Length: > 0 } path)
        {
            return null;
        }

        try
        {
            var file = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite);
            QuiverLog.KeyLogStarted(QuicDiagnostics.Logger, path);
            return file;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            QuiverLog.KeyLogFailed(QuicDiagnostics.Logger, e, path);
            return null;
        }
    }
}
