using System.Security.Cryptography;
using Microsoft.Extensions.Time.Testing;
using Quiver.Protocol.Crypto;
using Quiver.Protocol.Primitives;
using Quiver.Protocol.Tls;
using Quiver.Protocol.Tls.Resumption;
using Quiver.Protocol.TransportParameters;
using Quiver.Resumption;
using Quiver.Testing;

namespace Quiver.Tests;

public sealed class SessionTicketStoreTests
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 24, 12, 0, 0, TimeSpan.Zero));

    [Fact]
    [Rfc(9846, "C.4")]
    public void A_ticket_is_given_out_once_the_newest_first()
    {
        SessionTicketStore store = new(timeProvider: _time);
        SessionTicket first = Ticket();
        SessionTicket second = Ticket();
        store.Add("a", first);
        store.Add("a", second);
        Assert.Null(store.Take("b"));
        Assert.Same(second, store.Take("a"));
        Assert.Same(first, store.Take("a"));
        Assert.Null(store.Take("a"));
        Assert.Equal(0, store.Count);
    }

    [Fact]
    public void A_server_has_a_few_tickets_and_the_store_a_few_servers()
    {
        SessionTicketStore store = new(capacity: 3, timeProvider: _time);
        for (int i = 0; i < 10; i++)
        {
            store.Add("a", Ticket());
        }

        Assert.Equal(SessionTicketStore.MaxTicketsPerServer, store.Count);
        store.Add("b", Ticket());
        store.Add("c", Ticket());
        store.Add("a", Ticket());
        store.Add("d", Ticket());
        Assert.Null(store.Take("b"));
        Assert.NotNull(store.Take("a"));
        Assert.NotNull(store.Take("c"));
        Assert.NotNull(store.Take("d"));
        store.Clear();
        Assert.Equal(0, store.Count);
    }

    [Fact]
    public void An_expired_ticket_is_not_given_out()
    {
        SessionTicketStore store = new(timeProvider: _time);
        store.Add("a", Ticket(TimeSpan.FromHours(1)));
        store.Add("a", Ticket(TimeSpan.FromMinutes(1)));
        _time.Advance(TimeSpan.FromMinutes(2));
        Assert.NotNull(store.Take("a"));
        Assert.Null(store.Take("a"));
    }

    [Fact]
    public void A_ticket_survives_export_and_import()
    {
        SessionTicket ticket = Ticket();
        SessionTicket again = SessionTicket.Import(ticket.Export());
        Assert.Equal(ticket.ReceivedAt, again.ReceivedAt);
        Assert.Equal(ticket.ExpiresAt, again.ExpiresAt);
        Assert.Equal(ticket.Parameters, again.Parameters);
        Assert.Equal(ticket.Session.Psk, again.Session.Psk);
        Assert.Equal(ticket.Session.Ticket, again.Session.Ticket);
        Assert.Equal(ticket.Session.AgeAdd, again.Session.AgeAdd);
        Assert.Equal(ticket.Session.PeerCertificates[0].ToArray(), again.Session.PeerCertificates[0].ToArray());
        Assert.True(ticket.Verification.IsSame(again.Verification));
        byte[] bytes = ticket.Export();
        for (int length = 0; length < bytes.Length; length++)
        {
            Assert.Throws<FormatException>(() => SessionTicket.Import(bytes.AsSpan(0, length)));
        }
    }

    [Fact]
    public void A_ring_takes_a_new_key_each_day_and_opens_what_is_a_week_old()
    {
        SessionTicketKeyRing ring = new(timeProvider: _time);
        ITicketSealer sealer = ring;
        byte[] ticket = sealer.Seal("content"u8, Random());
        for (int day = 1; day <= 7; day++)
        {
            _time.Advance(TimeSpan.FromDays(1));
            Assert.True(sealer.TryOpen(ticket, out byte[]? content), $"day {day}");
            Assert.Equal("content"u8, content);
            Assert.Equal(Math.Min(day + 1, SessionTicketKeyRing.MaxKeys), ring.Count);
        }

        _time.Advance(TimeSpan.FromDays(1));
        Assert.False(sealer.TryOpen(ticket, out _));
    }

    [Fact]
    public void A_ring_that_slept_has_forgotten_its_keys()
    {
        SessionTicketKeyRing ring = new(TimeSpan.FromHours(1), _time);
        ITicketSealer sealer = ring;
        byte[] ticket = sealer.Seal("content"u8, Random());
        _time.Advance(TimeSpan.FromDays(30));
        Assert.False(sealer.TryOpen(ticket, out _));
    }

    [Fact]
    public void Keys_must_have_their_length_and_number()
    {
        Assert.Throws<ArgumentException>(() => new SessionTicketKeyRing([]));
        Assert.Throws<ArgumentException>(() => new SessionTicketKeyRing([new byte[31]]));
        Assert.Throws<ArgumentException>(() => new SessionTicketKeyRing([.. Enumerable.Repeat<ReadOnlyMemory<byte>>(new byte[32], 9)]));
        Assert.Throws<ArgumentOutOfRangeException>(() => new SessionTicketKeyRing(TimeSpan.Zero));
    }

    [Fact]
    [Rfc(9846, "8.2")]
    public void The_filter_accepts_once_for_as_long_as_the_window()
    {
        BloomReplayFilter filter = new(timeProvider: _time);
        byte[] attempt = RandomNumberGenerator.GetBytes(32);
        Assert.True(filter.TryAccept(attempt, _time.GetUtcNow()));
        for (int second = 0; second < 19; second++)
        {
            Assert.False(filter.TryAccept(attempt, _time.GetUtcNow()));
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        // Two windows later nothing is left of it.
        _time.Advance(TimeSpan.FromSeconds(60));
        Assert.True(filter.TryAccept(attempt, _time.GetUtcNow()));
    }

    [Fact]
    public void What_came_at_the_end_of_a_generation_is_known_for_the_window_all_the_same()
    {
        BloomReplayFilter filter = new(timeProvider: _time);
        Assert.True(filter.TryAccept([1], _time.GetUtcNow()));
        _time.Advance(TimeSpan.FromSeconds(19.9));
        Assert.True(filter.TryAccept([2], _time.GetUtcNow()));
        _time.Advance(TimeSpan.FromSeconds(19.9));
        Assert.False(filter.TryAccept([2], _time.GetUtcNow()));
    }

    [Fact]
    public void A_full_filter_refuses_rather_than_forgets()
    {
        BloomReplayFilter filter = new(capacity: 1000, timeProvider: _time);
        int accepted = 0;
        for (int i = 0; i < 5000; i++)
        {
            accepted += filter.TryAccept(BitConverter.GetBytes(i), _time.GetUtcNow()) ? 1 : 0;
        }

        Assert.Equal(1000, accepted);
        _time.Advance(TimeSpan.FromSeconds(21));
        Assert.True(filter.TryAccept("new"u8, _time.GetUtcNow()));
        Assert.False(filter.TryAccept(BitConverter.GetBytes(0), _time.GetUtcNow()));
    }

    [Fact]
    public void Few_new_attempts_are_taken_for_replays()
    {
        const int Count = 20_000;
        BloomReplayFilter filter = new(capacity: 2 * Count, timeProvider: _time);
        int refused = 0;
        for (int i = 0; i < Count; i++)
        {
            refused += filter.TryAccept(BitConverter.GetBytes(i), _time.GetUtcNow()) ? 0 : 1;
        }

        Assert.InRange(refused, 0, Count / 1000);
    }

    [Fact]
    [Rfc(9846, "8.2")]
    public void At_first_only_tickets_that_are_younger_than_the_filter_are_taken()
    {
        DateTimeOffset before = _time.GetUtcNow() - TimeSpan.FromSeconds(1);
        BloomReplayFilter filter = new(timeProvider: _time);
        Assert.False(filter.TryAccept("a"u8, before));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.True(filter.TryAccept("b"u8, _time.GetUtcNow()));
        _time.Advance(TimeSpan.FromSeconds(20));
        Assert.True(filter.TryAccept("a"u8, before));
    }

    private static IRandomSource Random() => Quiver.Driving.SystemRandomSource.Instance;

    private SessionTicket Ticket(TimeSpan? life = null)
    {
        TlsSession session = new()
        {
            Suite = CipherSuite.Aes128GcmSha256,
            Group = NamedGroup.X25519,
            Protocol = "h3"u8.ToArray(),
            Psk = RandomNumberGenerator.GetBytes(32),
            Ticket = RandomNumberGenerator.GetBytes(100),
            AgeAdd = 77,
            Lifetime = TimeSpan.FromHours(1),
            AllowsEarlyData = true,
            PeerCertificates = [new byte[] { 1, 2, 3 }],
        };
        var parameters = new TransportParameterSet { InitialMaxData = 1000, InitialMaxStreamsBidi = 5 };
        VerificationMark mark = VerificationMark.Of(new System.Net.Security.SslClientAuthenticationOptions());
        DateTimeOffset now = _time.GetUtcNow();
        return new SessionTicket(session, parameters, mark, now, now + (life ?? TimeSpan.FromHours(1)));
    }
}
