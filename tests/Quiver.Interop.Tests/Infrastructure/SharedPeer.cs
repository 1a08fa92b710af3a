using System.Net;

namespace Quiver.Interop.Tests.Infrastructure;

/// <summary>The programs of ../shared/peers: servers and clients that echo.</summary>
internal static class SharedPeer
{
    public const string EchoProtocol = "echo";

    /// <summary>Starts a server and waits until it listens.</summary>
    public static async Task<(PeerProcess Process, IPEndPoint EndPoint)> ServeAsync(PeerKind peer, params string[] more)
    {
        Installation.Require(peer);
        string pki = await Pki.DirectoryAsync();
        string cert = Path.Combine(pki, "cert.pem");
        string key = Path.Combine(pki, "key.pem");
        PeerProcess process = peer == PeerKind.QuicGo
            ? PeerProcess.Start(Workspace.Installed, Installation.QuicGo, ["server", "-addr", "127.0.0.1:0", "-cert", cert, "-key", key, .. more])
            : Script(peer, ["server", "--port", "0", "--cert", cert, "--key", key, .. more]);
        return (process, await ListeningAsync(process));
    }

    /// <summary>Starts a client that opens streams to our server, sends random bytes and compares what comes back.</summary>
    public static async Task<PeerProcess> EchoAsync(PeerKind peer, IPEndPoint server, int streams, int bytes, params string[] more)
    {
        Installation.Require(peer);
        string[] amounts = ["streams", streams.ToString(), "bytes", bytes.ToString()];
        return peer switch
        {
            PeerKind.QuicGo => PeerProcess.Start(
                Workspace.Installed,
                Installation.QuicGo,
                ["echo", "-timeout", "50s", "-streams", amounts[1], "-bytes", amounts[3], .. more, server.ToString()]),
            PeerKind.Quiche => Script(
                peer,
                ["echo", "--timeout", "50", "--port", server.Port.ToString(), "--streams", amounts[1], "--bytes", amounts[3], .. more]),
            _ => Script(
                peer,
                [
                    "echo", "--port", server.Port.ToString(), "--ca", Path.Combine(await Pki.DirectoryAsync(), "ca.pem"),
                    "--streams", amounts[1], "--bytes", amounts[3], .. more,
                ]),
        };
    }

    /// <summary>Reads the line "listening HOST:PORT" that every server here prints.</summary>
    public static async Task<IPEndPoint> ListeningAsync(PeerProcess process)
    {
        string line = await process.LineAsync("listening ");
        string address = line["listening ".Length..].Trim();
        int colon = address.LastIndexOf(':');
        return new IPEndPoint(IPAddress.Parse(address[..colon]), int.Parse(address[(colon + 1)..]));
    }

    private static PeerProcess Script(PeerKind peer, string[] arguments) => peer == PeerKind.Quiche
        ? PeerProcess.Start(Workspace.Installed, Installation.Node, [Path.Combine(Workspace.SharedPeers, "quiche", "peer.mjs"), .. arguments])
        : PeerProcess.Start(
            Workspace.Installed,
            Installation.Deno,
            ["run", "-A", "--unstable-net", "--no-lock", Path.Combine(Workspace.SharedPeers, "deno", "peer.ts"), .. arguments]);
}
