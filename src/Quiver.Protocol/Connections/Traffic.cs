namespace Quiver.Protocol.Connections;

/// <summary>What went out and came in, counted. Lost packets are counted by the loss detector.</summary>
internal sealed class Traffic
{
    public long PacketsSent { get; private set; }

    public long PacketsReceived { get; private set; }

    /// <summary>Bytes of QUIC packets, without the headers of UDP and IP.</summary>
    public long BytesSent { get; private set; }

    /// <summary>As <see cref="BytesSent"/>; packets that could not be opened are not in it.</summary>
    public long BytesReceived { get; private set; }

    public void OnSent(int bytes)
    {
        PacketsSent++;
        BytesSent += bytes;
    }

    public void OnReceived(int bytes)
    {
        PacketsReceived++;
        BytesReceived += bytes;
    }
}
