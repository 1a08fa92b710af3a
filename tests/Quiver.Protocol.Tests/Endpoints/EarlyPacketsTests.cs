using Quiver.Protocol.Connections;
using Quiver.Protocol.Endpoints;
using Quiver.Protocol.Primitives;
using Quiver.Testing;

namespace Quiver.Protocol.Tests.Endpoints;

/// <summary>0-RTT packets before their Initial, kept within caps whoever sends them.</summary>
[Rfc(9001, "5.7")]
public sealed class EarlyPacketsTests
{
    private static readonly DatagramArrival s_arrival =
        new(PathAddress.FromIPv4(1, 1), PathAddress.FromIPv4(2, 2), EcnCodepoint.NotEct);

    private readonly EarlyPackets _early = new();
    private readonly Timestamp _now = new(TimeSpan.TicksPerHour);

    [Fact]
    public void Datagrams_of_one_connection_come_out_in_order_and_once()
    {
        _early.Keep(Id(1), [1], s_arrival, _now);
        _early.Keep(Id(2), [9], s_arrival, _now);
        _early.Keep(Id(1), [2], s_arrival, _now);
        Assert.Equal([1, 2], _early.Take(Id(1), _now).Select(x => x.Datagram[0]));
        Assert.Empty(_early.Take(Id(1), _now));
        Assert.Equal(1, _early.Count);
    }

    [Fact]
    public void Only_so_many_datagrams_are_kept_for_one_connection()
    {
        for (int i = 0; i < 100; i++)
        {
            _early.Keep(Id(1), [1], s_arrival, _now);
        }

        Assert.Equal(EarlyPackets.MaxPackets, _early.Take(Id(1), _now).Count);
    }

    [Fact]
    public void Only_so_many_connections_are_waited_for_and_they_make_room_with_time()
    {
        for (byte i = 0; i < 100; i++)
        {
            _early.Keep(Id(i), [1], s_arrival, _now);
        }

        Assert.Equal(EarlyPackets.MaxIds, _early.Count);
        Assert.Empty(_early.Take(Id(99), _now));
        Timestamp later = _now + EarlyPackets.MaxTime + TimeSpan.FromMilliseconds(1);
        _early.Keep(Id(99), [1], s_arrival, later);
        Assert.Equal(1, _early.Count);
        Assert.Single(_early.Take(Id(99), later));
    }

    [Fact]
    public void Only_so_many_bytes_are_kept_in_all()
    {
        int kept = 0;
        byte[] datagram = new byte[1452];
        for (byte i = 0; i < EarlyPackets.MaxIds; i++)
        {
            for (int j = 0; j < EarlyPackets.MaxPackets; j++)
            {
                _early.Keep(Id(i), datagram, s_arrival, _now);
            }
        }

        for (byte i = 0; i < EarlyPackets.MaxIds; i++)
        {
            kept += _early.Take(Id(i), _now).Sum(x => x.Datagram.Length);
        }

        Assert.InRange(kept, EarlyPackets.MaxBytes - datagram.Length, EarlyPackets.MaxBytes);
        _early.Keep(Id(1), datagram, s_arrival, _now);
        Assert.Single(_early.Take(Id(1), _now));
    }

    [Fact]
    public void What_came_too_long_ago_is_not_given_out()
    {
        _early.Keep(Id(1), [1], s_arrival, _now);
        Assert.Empty(_early.Take(Id(1), _now + EarlyPackets.MaxTime + TimeSpan.FromMilliseconds(1)));
        Assert.Equal(0, _early.Count);
    }

    private static ConnectionId Id(byte value) => new([value, 2, 3, 4, 5, 6, 7, 8]);
}
