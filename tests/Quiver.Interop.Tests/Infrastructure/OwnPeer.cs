using System.Net;

namespace Quiver.Interop.Tests.Infrastructure;

/// <summary>The programs in Peers/, which take orders; their README says which.</summary>
internal static class OwnPeer
{
    private static readonly Lazy<Task<string>> s_quicGo = new(BuildQuicGoAsync);

    public static async Task<(PeerProcess Process, IPEndPoint EndPoint)> ServeAsync(PeerKind peer, string host = "127.0.0.1", string? pki = null)
    {
        Installation.Require(peer);
        pki ??= await Pki.DirectoryAsync();
        string cert = Path.Combine(pki, "cert.pem");
        string key = Path.Combine(pki, "key.pem");
        PeerProcess process = peer == PeerKind.QuicGo
            ? await QuicGoAsync("server", "-addr", new IPEndPoint(IPAddress.Parse(host), 0).ToString(), "-cert", cert, "-key", key)
            : Script(peer, "server", "--host", host, "--port", "0", "--cert", cert, "--key", key);
        return (process, await SharedPeer.ListeningAsync(process));
    }

    public static async Task<PeerProcess> ConnectAsync(PeerKind peer, IPEndPoint server, string protocol = OrderedPeer.Protocol, string? pki = null)
    {
        Installation.Require(peer);
        string authority = Path.Combine(pki ?? await Pki.DirectoryAsync(), "ca.pem");
        return peer == PeerKind.QuicGo
            ? await QuicGoAsync("client", "-addr", server.ToString(), "-ca", authority, "-alpn", protocol)
            : Script(
                peer, "client", "--host", server.Address.ToString(), "--port", server.Port.ToString(), "--ca", authority, "--alpn", protocol);
    }

    /// <summary>Runs quiche.mjs or quinn.ts.</summary>
    public static PeerProcess Script(PeerKind peer, params string[] arguments) => Script(peer, TimeSpan.FromMinutes(3), arguments);

    public static PeerProcess Script(PeerKind peer, TimeSpan life, params string[] arguments) => peer == PeerKind.Quiche
        ? PeerProcess.Start(Workspace.Installed, life, Installation.Node, [Path.Combine(Workspace.OwnPeers, "quiche.mjs"), .. arguments])
        : PeerProcess.Start(
            Workspace.Installed,
            life,
            Installation.Deno,
            ["run", "-A", "--unstable-net", "--no-lock", Path.Combine(Workspace.OwnPeers, "quinn.ts"), .. arguments]);

    private static async Task<PeerProcess> QuicGoAsync(params string[] arguments) =>
        PeerProcess.Start(Workspace.Scratch, await s_quicGo.Value, arguments);

    // As ../shared/peers/quicgo/build.sh does: from Debian's sources, no module is downloaded.
    private static async Task<string> BuildQuicGoAsync()
    {
        string output = Path.Combine(Workspace.Scratch, "quicgo-orders");
        await PeerProcess.RunAsync(
            Path.Combine(Workspace.OwnPeers, "quicgo"),
            "env", "GO111MODULE=off", "GOPATH=/usr/share/gocode", "GOFLAGS=", "go", "build", "-o", output, ".");
        return output;
    }
}
