namespace Quiver.Interop.Tests.Infrastructure;

/// <summary>
/// Says whether a peer is here. Without it a test is reported as not run, by the peer's name; where QUIVER_PEERS is "required", as in
/// CI, that is a failure.
/// </summary>
internal static class Installation
{
    public static string Node => "node";

    public static string QuicGo => Path.Combine(Workspace.Installed, "bin", "quicgo");

    public static string Deno => Path.Combine(Workspace.Installed, "bin", "deno");

    public static string QpackReference => Path.Combine(Workspace.Installed, "bin", "qpackref");

    public static string Bun => Path.Combine(Workspace.Installed, "bin", "bun");

    public static void Require(Http3PeerKind peer)
    {
        string? missing = peer switch
        {
            Http3PeerKind.Ngtcp2 => MissingProgram("gtlsclient") ?? Missing("/usr/sbin/gtlsserver"),
            Http3PeerKind.QuicGo => Missing(QuicGo),
            Http3PeerKind.Caddy => MissingProgram("caddy"),
            Http3PeerKind.Bun => Missing(Bun),
            Http3PeerKind.Impit => MissingProgram(Node) ?? Missing(Path.Combine(Workspace.Installed, "node_modules", "impit")),
            _ => throw new ArgumentOutOfRangeException(nameof(peer)),
        };
        Require(missing ?? Missing(Workspace.SharedPeers) ?? MissingProgram("openssl"), peer.ToString());
    }

    public static void Require(PeerKind peer)
    {
        string? missing = peer switch
        {
            PeerKind.QuicGo => Missing(QuicGo) ?? MissingProgram("go"),
            PeerKind.Quiche => MissingProgram(Node) ?? Missing(Path.Combine(Workspace.Installed, "node_modules", "@matrixai", "quic-linux-x64")),
            PeerKind.Quinn => Missing(Deno),
            PeerKind.Ngtcp2 => MissingProgram("gtlsclient"),
            PeerKind.Bun => Missing(Bun),
            PeerKind.Impit => MissingProgram(Node) ?? MissingModule("impit"),
            PeerKind.Chromium => MissingProgram(Node) ?? MissingModule("playwright-core") ?? MissingProgram("chromium"),
            PeerKind.Firefox => MissingProgram(Node) ?? MissingModule("puppeteer-core") ?? MissingProgram("firefox-esr") ?? MissingProgram("certutil"),
            _ => throw new ArgumentOutOfRangeException(nameof(peer)),
        };
        Require(missing ?? Missing(Workspace.SharedPeers) ?? MissingProgram("openssl"), peer.ToString());
    }

    /// <summary>What makes the certificates.</summary>
    public static void RequireScripts() => Require(Missing(Workspace.SharedPeers) ?? MissingProgram("openssl"), "../shared/peers");

    /// <summary>The judge of field sections: nghttp3's QPACK decoder.</summary>
    public static void RequireQpackReference() => Require(Missing(QpackReference), "qpackref");

    /// <summary>The judge of captures: tshark, and the right to capture.</summary>
    public static void RequireCapture() =>
        Require(
            Missing(Workspace.SharedPeers) ?? MissingProgram("tshark") ?? (Environment.IsPrivilegedProcess ? null : "root, to capture packets"),
            "tshark");

    /// <summary>A network of one's own, whose addresses can be changed.</summary>
    public static void RequireNamespaces() =>
        Require(
            MissingProgram("unshare") ?? MissingProgram("ip") ?? Missing(Workspace.SharedPeers) ?? (Environment.IsPrivilegedProcess ? null : "root, to make a network namespace"),
            "network namespaces");

    private static void Require(string? missing, string name)
    {
        if (missing is null)
        {
            return;
        }

        string message = $"{name} is not here: there is no {missing}";
        if (string.Equals(Environment.GetEnvironmentVariable("QUIVER_PEERS"), "required", StringComparison.Ordinal))
        {
            Assert.Fail(message);
        }

        Assert.Skip(message);
    }

    private static string? MissingModule(string name) => Missing(Path.Combine(Workspace.Installed, "node_modules", name));

    private static string? Missing(string path) => Path.Exists(path) ? null : path;

    private static string? MissingProgram(string name)
    {
        string[] path = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        return path.Any(x => File.Exists(Path.Combine(x, name))) ? null : $"program '{name}'";
    }
}
