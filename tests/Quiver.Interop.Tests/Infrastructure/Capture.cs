using System.Text.RegularExpressions;

namespace Quiver.Interop.Tests.Infrastructure;

/// <summary>
/// Packets of one port on the loopback device, caught by tshark, and judged by ../shared/peers/net/oracle.sh with our key log. While it
/// runs, new sockets of ours send without segmentation offload.
/// </summary>
internal sealed partial class Capture : IAsyncDisposable
{
    private const string OffloadSwitch = "Quiver.DisableSegmentationOffload";

    private readonly PeerProcess _tshark;
    private readonly string _file;
    private readonly int _port;

    private Capture(PeerProcess tshark, string file, int port)
    {
        _tshark = tshark;
        _file = file;
        _port = port;
    }

    /// <summary>Call before the sockets of the connection are bound.</summary>
    public static void UseSingleDatagrams() => AppContext.SetSwitch(OffloadSwitch, true);

    public static async Task<Capture> StartAsync(int port)
    {
        string file = Path.Combine(Workspace.Scratch, $"capture-{port}.pcapng");
        // A large buffer: a capture that loses the handshake's packets cannot be decrypted.
        PeerProcess tshark = PeerProcess.Start(Workspace.Scratch, "tshark", "-i", "lo", "-B", "256", "-f", $"udp port {port}", "-w", file);
        try
        {
            await tshark.LineAsync("Capture started");
        }
        catch
        {
            await tshark.DisposeAsync();
            throw;
        }

        return new Capture(tshark, file, port);
    }

    /// <summary>Ends the capture; fails on any packet that cannot be decrypted or parsed. Gives the number of packets.</summary>
    public async Task<int> JudgeAsync()
    {
        // dumpcap hands over what it has at least once a second.
        await Task.Delay(TimeSpan.FromSeconds(1.5));
        await PeerProcess.RunAsync(Workspace.Scratch, "sh", "-c", $"kill -INT {_tshark.Id}");
        await _tshark.SucceededAsync();
        string verdict = await PeerProcess.RunAsync(
            Workspace.Scratch, Path.Combine(Workspace.SharedPeers, "net", "oracle.sh"), _file, AssemblySetup.KeyLog, _port.ToString());
        Match match = Verdict().Match(verdict);
        Assert.True(match.Success, verdict);
        return int.Parse(match.Groups[1].ValueSpan);
    }

    public async ValueTask DisposeAsync()
    {
        AppContext.SetSwitch(OffloadSwitch, false);
        await _tshark.DisposeAsync();
        File.Delete(_file);
    }

    [GeneratedRegex("quic=([0-9]+) http3=0 undecrypted=0 malformed=0")]
    private static partial Regex Verdict();
}
