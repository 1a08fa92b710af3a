namespace Quiver.Protocol.Datagrams;

/// <summary>What the datagrams of a connection tell their driver. Runs under the connection's lock.</summary>
internal interface IDatagramEvents
{
    /// <summary>One came. The bytes are gone when the call returns.</summary>
    void OnReceived(ReadOnlySpan<byte> data);

    /// <summary>The fate of one of ours, by the tag that it was given.</summary>
    void OnSettled(long tag, DatagramFate fate);

    /// <summary>The queue was full and has room again.</summary>
    void OnRoom();
}
