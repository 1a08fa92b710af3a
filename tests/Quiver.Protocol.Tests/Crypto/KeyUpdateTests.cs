using Quiver.Protocol.Crypto;
using Quiver.Protocol.Primitives;
using Quiver.Testing;

namespace Quiver.Protocol.Tests.Crypto;

/// <summary>When keys change, how long old ones are kept, and what wears them out. RFC 9001 §6.</summary>
public sealed class KeyUpdateTests : IDisposable
{
    private static readonly TimeSpan s_retention = TimeSpan.FromMilliseconds(300);
    private static readonly byte[] s_header = [0x40, 1, 2, 3];

    private readonly KeyUpdate _us = new();
    private readonly KeyUpdate _peer = new();
    private Timestamp _now = new(TimeSpan.FromHours(1).Ticks);

    public KeyUpdateTests()
    {
        Join(_us, _peer);
    }

    public void Dispose()
    {
        _us.Dispose();
        _peer.Dispose();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(10)]
    [InlineData(1000)]
    [Rfc(9001, "6.1"), Rfc(9001, "6.5")]
    public void Keys_change_after_so_many_packets_once_one_is_acknowledged(int count)
    {
        _us.MaxPackets = (ulong)count;
        for (int i = 0; i < 3 * count; i++)
        {
            Send(_us, (ulong)i);
        }

        // None was acknowledged.
        Assert.Equal(0, _us.Updates);
        Ack(_us, 0);
        Send(_us, (ulong)(3 * count));
        Assert.Equal((1, true), (_us.Updates, _us.Phase));

        // An ACK of the phase before says nothing of this one.
        for (int i = 0; i < 2 * count; i++)
        {
            Ack(_us, (ulong)((3 * count) - 1));
            Send(_us, (ulong)((3 * count) + 1 + i));
        }

        // Nor may the peer have let go of the keys before that, which it keeps for three PTOs.
        Assert.Equal(1, _us.Updates);
        Ack(_us, (ulong)(3 * count));
        _now += s_retention - TimeSpan.FromTicks(1);
        Ack(_us, (ulong)(3 * count));
        Send(_us, (ulong)(6 * count));
        Assert.Equal(1, _us.Updates);
        _now += TimeSpan.FromTicks(1);
        Ack(_us, (ulong)(3 * count));
        Send(_us, (ulong)((6 * count) + 1));
        Assert.Equal((2, false), (_us.Updates, _us.Phase));
    }

    [Fact, Rfc(9001, "6.1")]
    public void Keys_change_on_demand_once_a_packet_is_acknowledged()
    {
        _us.RequestUpdate();
        Send(_us, 0);
        Assert.Equal(0, _us.Updates);
        Ack(_us, 0);
        Send(_us, 1);
        Assert.Equal(1, _us.Updates);
        Ack(_us, 1);
        Send(_us, 2);
        Assert.Equal(1, _us.Updates);
    }

    [Fact, Rfc(9001, "6.6")]
    public void Keys_change_at_half_of_the_AEADs_limit_and_are_never_used_beyond_it()
    {
        ulong limit = AeadLimits.Confidentiality(CipherSuite.Aes128GcmSha256);
        byte[] payload = new byte[17];
        ulong number = 0;
        for (; number < limit / 2; number++)
        {
            _us.BeforeSeal(number);
            _us.Seal(number, s_header, payload);
        }

        // It would change now, but nothing was acknowledged. At the limit there is no way on.
        Assert.Equal(0, _us.Updates);
        for (; number < limit; number++)
        {
            _us.BeforeSeal(number);
            _us.Seal(number, s_header, payload);
        }

        TransportException error = Assert.Throws<TransportException>(() => _us.BeforeSeal(number));
        Assert.Equal(TransportErrorCode.AeadLimitReached, error.Code);
        Assert.Equal(0, _us.Updates);
    }

    [Fact, Rfc(9001, "6.6")]
    public void Too_many_forged_packets_end_the_connection_over_all_keys_together()
    {
        using var us = new KeyUpdate(_ => 10);
        using var peer = new KeyUpdate();
        Join(us, peer);
        Send(us, 0);
        byte[] genuine = Seal(peer, 0);
        Assert.True(Open(us, 0, false, genuine));
        for (int i = 0; i < 5; i++)
        {
            Assert.False(Open(us, 1, i % 2 == 0, new byte[40]));
        }

        // New keys do not begin a new count.
        Ack(peer, 0);
        peer.RequestUpdate();
        Assert.True(Open(us, 2, true, Seal(peer, 2)));
        for (int i = 0; i < 4; i++)
        {
            Assert.False(Open(us, 3, true, new byte[40]));
        }

        TransportException error = Assert.Throws<TransportException>(() => Open(us, 3, true, new byte[40]));
        Assert.Equal(TransportErrorCode.AeadLimitReached, error.Code);
    }

    [Fact, Rfc(9001, "6.5")]
    public void Old_keys_open_what_comes_late_for_three_probe_timeouts()
    {
        Send(_us, 0);
        byte[] late = Seal(_peer, 0);
        byte[] tooLate = Seal(_peer, 1);
        Ack(_peer, 0);
        _peer.RequestUpdate();
        Assert.True(Open(_us, 2, true, Seal(_peer, 2)));
        Assert.Equal(1, _us.Updates);
        _now += s_retention;
        Assert.True(Open(_us, 0, false, late));
        _now += TimeSpan.FromTicks(1);
        Assert.False(Open(_us, 1, false, tooLate));
    }

    [Fact, Rfc(9001, "6.5")]
    public void Old_keys_are_kept_until_the_peer_answers_our_own_change()
    {
        Send(_us, 0);
        byte[][] old = [.. Enumerable.Range(0, 4).Select(i => Seal(_peer, (ulong)i))];
        Assert.True(Open(_us, 0, false, old[0]));
        Ack(_us, 0);
        _us.RequestUpdate();
        byte[] updated = Seal(_us, 1);
        Assert.Equal(1, _us.Updates);

        // The peer does not know yet, for however long.
        _now += 100 * s_retention;
        Assert.True(Open(_us, 1, false, old[1]));
        Assert.True(Open(_peer, 1, true, updated));
        Assert.True(Open(_us, 4, true, Seal(_peer, 4)));
        _now += s_retention;
        Assert.True(Open(_us, 2, false, old[2]));
        _now += TimeSpan.FromTicks(1);
        Assert.False(Open(_us, 3, false, old[3]));
    }

    [Fact, Rfc(9001, "6.4")]
    public void Old_keys_after_newer_ones_are_a_KEY_UPDATE_ERROR()
    {
        // The peer protects packet 5 with its old keys, after packet 4 with new ones.
        Send(_us, 0);
        byte[] wrong = Seal(_peer, 5);
        Ack(_peer, 5);
        _peer.RequestUpdate();
        Assert.True(Open(_us, 4, true, Seal(_peer, 4)));
        TransportException error = Assert.Throws<TransportException>(() => Open(_us, 5, false, wrong));
        Assert.Equal(TransportErrorCode.KeyUpdateError, error.Code);
    }

    [Fact, Rfc(9001, "6.2")]
    public void A_second_change_before_the_first_was_acknowledged_is_a_KEY_UPDATE_ERROR()
    {
        Send(_us, 0);
        Seal(_peer, 0);
        for (ulong number = 1; number <= 2; number++)
        {
            // The peer makes itself believe that it was acknowledged, and long ago.
            Ack(_peer, number - 1);
            _now += s_retention;
            Ack(_peer, number - 1);
            _peer.RequestUpdate();
            byte[] packet = Seal(_peer, number);
            if (number == 1)
            {
                Assert.True(Open(_us, 1, true, packet));
            }
            else
            {
                TransportException error = Assert.Throws<TransportException>(() => Open(_us, 2, false, packet));
                Assert.Equal(TransportErrorCode.KeyUpdateError, error.Code);
            }
        }
    }

    private static void Join(KeyUpdate one, KeyUpdate other)
    {
        byte[] forth = [.. Enumerable.Repeat((byte)1, 32)];
        byte[] back = [.. Enumerable.Repeat((byte)2, 32)];
        one.SetWrite(Create(forth), 0);
        other.SetRead(Create(forth));
        other.SetWrite(Create(back), 0);
        one.SetRead(Create(back));

        static PacketProtection Create(byte[] secret) => PacketProtection.Create(QuicVersion.V1, CipherSuite.Aes128GcmSha256, secret);
    }

    private static void Send(KeyUpdate keys, ulong number) => Seal(keys, number);

    private static byte[] Seal(KeyUpdate keys, ulong number)
    {
        byte[] payload = new byte[20 + PacketProtection.TagLength];
        keys.BeforeSeal(number);
        keys.Seal(number, s_header, payload);
        return payload;
    }

    private void Ack(KeyUpdate keys, ulong number) => keys.OnAcked(number, s_retention, _now);

    private bool Open(KeyUpdate keys, ulong number, bool phase, byte[] payload) => keys.TryOpen(number, phase, s_header, payload, 0, s_retention, _now);
}
