using System.Net;
using System.Net.Sockets;

namespace Quiver.Interop.Tests.Infrastructure;

/// <summary>The HTTP/3 programs of ../shared/peers, serving a folder, or fetching from a server of ours.</summary>
internal static class Http3Peer
{
    public static string Www { get; } = Path.Combine(Workspace.Scratch, "h3");

    /// <summary>Starts a server of the folder <see cref="Www"/>.</summary>
    public static async Task<(PeerProcess Process, IPEndPoint EndPoint)> ServeAsync(Http3PeerKind peer, params string[] more)
    {
        Installation.Require(peer);
        string pki = await Pki.DirectoryAsync();
        string cert = Path.Combine(pki, "cert.pem");
        string key = Path.Combine(pki, "key.pem");
        if (peer == Http3PeerKind.QuicGo)
        {
            PeerProcess go = PeerProcess.Start(
                Workspace.Installed, Installation.QuicGo, ["server", "-addr", "127.0.0.1:0", "-cert", cert, "-key", key, "-www", Www, .. more]);
            return (go, await SharedPeer.ListeningAsync(go));
        }

        int port = FreePort();
        IPEndPoint endPoint = new(IPAddress.Loopback, port);
        switch (peer)
        {
            case Http3PeerKind.Ngtcp2:
                // Logs every packet; it prints nothing when it is ready, and the client's first packets are repeated.
                PeerProcess ngtcp2 = PeerProcess.Start(Workspace.Scratch, "gtlsserver", ["-q", "-d", Www, .. more, "127.0.0.1", $"{port}", key, cert]);
                await BoundAsync(port);
                return (ngtcp2, endPoint);
            case Http3PeerKind.Bun:
                PeerProcess bun = PeerProcess.Start(
                    Workspace.Scratch, Installation.Bun,
                    [Path.Combine(Workspace.SharedPeers, "bun", "peer.ts"), "server", "--port", $"{port}", "--cert", cert, "--key", key, "--www", Www, .. more]);
                await bun.LineAsync("listening ");
                return (bun, endPoint);
            case Http3PeerKind.Caddy:
                PeerProcess caddy = PeerProcess.Start(
                    Workspace.Scratch, "env",
                    $"PEER_PORT={port}", $"PEER_CERT={cert}", $"PEER_KEY={key}", $"PEER_WWW={Www}",
                    $"XDG_DATA_HOME={Workspace.Scratch}/caddy", $"XDG_CONFIG_HOME={Workspace.Scratch}/caddy",
                    "caddy", "run", "--config", Path.Combine(Workspace.SharedPeers, "caddy", "Caddyfile"), "--adapter", "caddyfile");
                await BoundAsync(port);
                return (caddy, endPoint);
            default:
                throw new ArgumentOutOfRangeException(nameof(peer));
        }
    }

    /// <summary>Bun and impit: prints a line of JSON for each response, with status and hash, and fails unless all are 200.</summary>
    public static PeerProcess Fetch(Http3PeerKind peer, params string[] arguments) => peer == Http3PeerKind.Bun
        ? PeerProcess.Start(Workspace.Scratch, Installation.Bun, [Path.Combine(Workspace.SharedPeers, "bun", "peer.ts"), "fetch", .. arguments])
        : PeerProcess.Start(Workspace.Installed, Installation.Node, [Path.Combine(Workspace.SharedPeers, "clients", "impit.mjs"), .. arguments]);

    /// <summary>Free for UDP and TCP, a moment ago.</summary>
    private static int FreePort()
    {
        while (true)
        {
            using Socket udp = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            udp.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            int port = ((IPEndPoint)udp.LocalEndPoint!).Port;
            using Socket tcp = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                tcp.Bind(new IPEndPoint(IPAddress.Loopback, port));
                return port;
            }
            catch (SocketException)
            {
                // Taken for TCP: another one.
            }
        }
    }

    /// <summary>Until a UDP socket has the port.</summary>
    private static async Task BoundAsync(int port)
    {
        string local = $":{port:X4} ";
        long end = Environment.TickCount64 + (long)Bounds.Limit.TotalMilliseconds;
        while (!(await File.ReadAllTextAsync("/proc/net/udp")).Contains(local, StringComparison.Ordinal)
            && !(await File.ReadAllTextAsync("/proc/net/udp6")).Contains(local, StringComparison.Ordinal))
        {
            Assert.True(Environment.TickCount64 < end, $"Nothing listens on UDP port {port}.");
            await Task.Delay(50);
        }
    }
}
