namespace Quiver.Interop;

/// <summary>
/// What a test case of the runner asks of an endpoint beyond transferring files. Most of its cases are plain transfers over a network with
/// some trouble; the runner gives those under the name of another, which <see cref="TestCases"/> also takes under their own.
/// </summary>
internal sealed record TestCase
{
    /// <summary>Client: which connections the requests go on.</summary>
    public ConnectionUse Connections { get; init; }

    public bool ChaCha20Only { get; init; }

    /// <summary>Client: new keys as soon as the handshake lets it.</summary>
    public bool UpdateKeys { get; init; }

    /// <summary>Server: every client proves its address first.</summary>
    public bool Retry { get; init; }

    /// <summary>Client: the versions that it speaks, most wanted first, and the one that it begins with.</summary>
    public IReadOnlyList<QuicVersion> ClientVersions { get; init; } = [QuicVersion.Version1];

    public QuicVersion InitialVersion { get; init; } = QuicVersion.Version1;

    /// <summary>Server: as the client's. A server must not choose version 2 where it is not what is tested.</summary>
    public IReadOnlyList<QuicVersion> ServerVersions { get; init; } = [QuicVersion.Version1];

    /// <summary>Server: takes early data.</summary>
    public bool EarlyData { get; init; }

    /// <summary>Server: sends clients to another of its addresses; <see cref="PreferredAddresses"/>.</summary>
    public bool PreferredAddress { get; init; }
}
