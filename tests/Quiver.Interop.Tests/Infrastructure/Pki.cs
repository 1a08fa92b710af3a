using System.Security.Cryptography.X509Certificates;

namespace Quiver.Interop.Tests.Infrastructure;

/// <summary>The authority and certificates that ../shared/peers/certs.sh makes, once a run.</summary>
internal static class Pki
{
    private static readonly Lazy<Task<string>> s_directory = new(() => CreateAsync("pki"));
    private static readonly Lazy<Task<string>> s_other = new(() => CreateAsync("other"));
    private static readonly Lazy<Task<string>> s_large = new(() => CreateAsync("large", "200"));

    public static Task<string> DirectoryAsync() => s_directory.Value;

    /// <summary>Another authority, which nobody trusts, with a certificate for the same names.</summary>
    public static Task<string> OtherDirectoryAsync() => s_other.Value;

    /// <summary>A certificate of some 6 kB, more than a server may send before it has heard from the client again.</summary>
    public static Task<string> LargeDirectoryAsync() => s_large.Value;

    public static X509Certificate2 LoadClient(string directory) =>
        X509Certificate2.CreateFromPemFile(Path.Combine(directory, "client.pem"), Path.Combine(directory, "client-key.pem"));

    public static X509Certificate2 LoadServer(string directory) =>
        X509Certificate2.CreateFromPemFile(Path.Combine(directory, "cert.pem"), Path.Combine(directory, "key.pem"));

    public static X509Certificate2 LoadAuthority(string directory) =>
        X509CertificateLoader.LoadCertificateFromFile(Path.Combine(directory, "ca.pem"));

    private static async Task<string> CreateAsync(string name, params string[] more)
    {
        string directory = Path.Combine(Workspace.Scratch, name);
        await PeerProcess.RunAsync(Workspace.Scratch, Path.Combine(Workspace.SharedPeers, "certs.sh"), [directory, .. more]);
        return directory;
    }
}
