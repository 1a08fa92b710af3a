namespace Quiver.Interop.Tests.Infrastructure;

/// <summary>Rows for theories.</summary>
public static class Matrix
{
    private static readonly PeerKind[] s_peers = [PeerKind.QuicGo, PeerKind.Quiche, PeerKind.Quinn];

    public static TheoryData<PeerKind> Peers => [.. s_peers];

    /// <summary>Every peer, with us on either side.</summary>
    public static TheoryData<PeerKind, Side> All => new(s_peers.SelectMany(x => Enum.GetValues<Side>().Select(y => (x, y))));

    /// <summary>Without quinn: Deno's streams cannot be reset, nor stopped with a code (see Peers/quinn.ts).</summary>
    public static TheoryData<PeerKind, Side> WithStreamCodes =>
        new(s_peers.Where(x => x != PeerKind.Quinn).SelectMany(x => Enum.GetValues<Side>().Select(y => (x, y))));
}
