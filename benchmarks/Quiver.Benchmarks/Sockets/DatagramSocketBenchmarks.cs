using System.Net;
using BenchmarkDotNet.Attributes;
using Quiver.Protocol.Primitives;
using Quiver.Sockets;

namespace Quiver.Benchmarks.Sockets;

/// <summary>Runs of datagrams of 1,200 bytes over the loopback, sent and received on one thread. Time is per datagram.</summary>
[MemoryDiagnoser]
public class DatagramSocketBenchmarks
{
    private const int DatagramLength = 1200;
    private const int Segments = 48;

    private readonly byte[] _run = new byte[Segments * DatagramLength];
    private readonly ReceiveBatch _batch = new();
    private IDatagramSocket? _from;
    private IDatagramSocket? _to;
    private PathAddress _address;

    [Params(false, true)]
    public bool Portable { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        DatagramSocketOptions options = new() { Portable = Portable };
        _from = DatagramSockets.Bind(new IPEndPoint(IPAddress.Loopback, 0), options);
        _to = DatagramSockets.Bind(new IPEndPoint(IPAddress.Loopback, 0), options);
        _address = PathAddress.From(_to.LocalEndPoint);
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        _from?.Dispose();
        _to?.Dispose();
    }

    [Benchmark(OperationsPerInvoke = Segments)]
    public int SendAndReceive()
    {
        _from!.Send(_run, DatagramLength, default, _address, EcnCodepoint.Ect0, out _);
        int received = 0;
        while (received < Segments && _to!.Receive(_batch, TimeSpan.FromMilliseconds(100)) is > 0 and int count)
        {
            received += count;
        }

        return received;
    }
}
