using Quiver.Protocol.Datagrams;

namespace Quiver.Simulation.Endpoints;

/// <summary>Keeps what a connection tells of datagrams.</summary>
internal sealed class DatagramLog : IDatagramEvents
{
    public DatagramLog(SimConnection connection)
    {
        connection.Connection.Datagrams.Events = this;
    }

    public List<byte[]> Received { get; } = [];

    public List<(long Tag, DatagramFate Fate)> Settled { get; } = [];

    public int Rooms { get; private set; }

    public IEnumerable<long> With(DatagramFate fate) => Settled.Where(settled => settled.Fate == fate).Select(settled => settled.Tag);

    public void OnReceived(ReadOnlySpan<byte> data) => Received.Add(data.ToArray());

    public void OnSettled(long tag, DatagramFate fate) => Settled.Add((tag, fate));

    public void OnRoom() => Rooms++;
}
