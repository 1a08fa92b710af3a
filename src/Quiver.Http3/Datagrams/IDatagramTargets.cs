namespace Quiver.Http3.Datagrams;

/// <summary>What a side of a connection knows of streams that datagrams name and that have no channel.</summary>
internal interface IDatagramTargets
{
    DatagramTarget Locate(long streamId);

    /// <summary>Ends the request with H3_DATAGRAM_ERROR. RFC 9297 §2.</summary>
    void Refuse(long streamId);
}
