using System.Diagnostics;
using System.Net;
using Quiver.Protocol.Primitives;
using Quiver.Sockets;

namespace Quiver.Tool.Perf;

/// <summary>The first process of the machine-limit measurement: seals and sends, one window of bytes ahead of the receiver's count.</summary>
internal sealed class LimitSender : IDisposable
{
    // Without a report for this long, what is under way counts as lost.
    private static readonly TimeSpan s_reportWait = TimeSpan.FromMilliseconds(50);

    private readonly LimitOptions _options;
    private readonly IDatagramSocket _socket;
    private readonly PathAddress _to;
    private readonly LimitPacket _sealer = new(EndpointRole.Client);
    private readonly LimitPacket _opener = new(EndpointRole.Server);
    private readonly ReceiveBatch _batch = new(1);
    private readonly byte[] _run;

    public LimitSender(LimitOptions options, int port)
    {
        _options = options;
        _socket = DatagramSockets.Bind(
            new IPEndPoint(IPAddress.Loopback, 0), DatagramSocketOptions.Default with { Portable = options.Portable });
        _to = PathAddress.From(new IPEndPoint(IPAddress.Loopback, port));
        int segments = Math.Min(_socket.MaxSegments, 65_507 / options.DatagramLength);
        _run = new byte[segments * options.DatagramLength];
    }

    /// <summary>Sends so many bytes. Returns the time until the receiver had counted them, and the bytes that got lost.</summary>
    public (TimeSpan Elapsed, long Lost) Transfer(long bytes)
    {
        long start = Stopwatch.GetTimestamp();
        long sent = 0;
        long lost = 0;
        long received = Request(LimitPacketKind.Data, 0);
        long origin = received - _options.DatagramLength;
        sent += _options.DatagramLength;
        while (sent < bytes || received - origin + lost < sent)
        {
            if (sent < bytes && sent - lost - (received - origin) <= _options.Window - _run.Length)
            {
                SendRun();
                sent += _run.Length;
                continue;
            }

            if (TryReadReport(s_reportWait, ref received))
            {
                continue;
            }

            lost = sent - (received - origin);
        }

        return (Stopwatch.GetElapsedTime(start), lost);
    }

    /// <summary>Sends one datagram and waits for its answer; again when that is lost.</summary>
    public TimeSpan Ping()
    {
        long start = Stopwatch.GetTimestamp();
        Request(LimitPacketKind.Ping, (ulong)start);
        return Stopwatch.GetElapsedTime(start);
    }

    public void End()
    {
        Span<byte> datagram = stackalloc byte[LimitPacket.MinLength];
        _sealer.Seal(datagram, LimitPacketKind.End, 0);
        _socket.Send(datagram, datagram.Length, default, _to, EcnCodepoint.Ect0, out _);
    }

    public void Dispose()
    {
        _socket.Dispose();
        _sealer.Dispose();
        _opener.Dispose();
    }

    private void SendRun()
    {
        for (int offset = 0; offset < _run.Length; offset += _options.DatagramLength)
        {
            _sealer.Seal(_run.AsSpan(offset, _options.DatagramLength), LimitPacketKind.Data, 0);
        }

        _socket.Send(_run, _options.DatagramLength, default, _to, EcnCodepoint.Ect0, out _);
    }

    private long Request(LimitPacketKind kind, ulong number)
    {
        byte[] datagram = _run;
        int length = kind == LimitPacketKind.Ping ? LimitPacket.MinLength : _options.DatagramLength;
        long answer = 0;
        do
        {
            _sealer.Seal(datagram.AsSpan(0, length), kind, number);
            _socket.Send(datagram.AsSpan(0, length), length, default, _to, EcnCodepoint.Ect0, out _);
        }
        while (!TryReadReport(s_reportWait, ref answer));

        return answer;
    }

    private bool TryReadReport(TimeSpan timeout, ref long received)
    {
        bool any = false;
        int count = _socket.Receive(_batch, timeout);
        for (int i = 0; i < count; i++)
        {
            if (_opener.TryOpen(_batch.GetDatagram(i), out _, out ulong number))
            {
                received = Math.Max(received, (long)number);
                any = true;
            }
        }

        return any;
    }
}
