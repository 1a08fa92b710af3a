using Quiver.Protocol.Connections;
using Quiver.Protocol.Endpoints;
using Quiver.Protocol.Packets;
using Quiver.Protocol.Primitives;
using Quiver.Protocol.Tls;
using Quiver.Protocol.Tls.Resumption;
using Quiver.Protocol.Tokens;
using Quiver.Simulation.Endpoints;
using Quiver.Simulation.Network;
using Quiver.Testing;

namespace Quiver.Simulation.Tests;

/// <summary>Retry, the tokens of both kinds, and clients that are turned away.</summary>
public sealed class AddressValidationTests
{
    private static readonly TimeSpan s_delay = TimeSpan.FromMilliseconds(20);
    private static readonly PathAddress s_client = PathAddress.FromIPv4(0x0A000001, 50000);
    private static readonly ConnectionId s_original = new([1, 2, 3, 4, 5, 6, 7, 8]);
    private static readonly ConnectionId s_retry = new([9, 9, 9, 9, 9, 9, 9, 9]);

    /// <summary>More than three Initials allow, and less than a first window.</summary>
    private static readonly TlsCertificate s_sixKilobytes = new([.. Enumerable.Repeat(TestIdentity.Short.Chain[0], 15)], TestIdentity.Short.Signer);

    [Theory]
    [InlineData(8)]
    [InlineData(4)]
    [InlineData(20)]
    [Rfc(9000, "7.3")]
    [Rfc(9000, "8.1.2")]
    [Rfc(9000, "17.2.5")]
    public void A_client_follows_the_retry_and_pays_one_round_trip(int serverIds)
    {
        using var world = new World(
            1, [new Delay(s_delay)], [new Delay(s_delay)], new SimServerOptions { Retry = true, Certificate = s_sixKilobytes }, serverIds: serverIds);
        Timestamp start = world.Now;
        SimConnection client = world.Client.Connect();
        Assert.True(world.RunUntil(() => client.IsConnected, TimeSpan.FromSeconds(10)), $"{client.Closed}");

        // One for the Retry, one for the handshake: the long certificate flows at once, as the address is validated.
        Assert.Equal(4 * s_delay, world.Now - start);
        Sessions.Exchange(world, client);
        Assert.Single(world.Server.Connections);
    }

    [Fact]
    [Rfc(9000, "8.1.2")]
    public void Retry_survives_loss_reordering_and_repetition()
    {
        for (int seed = 1; seed <= 60; seed++)
        {
            INetworkNode[] Nodes() => [new Loss(0.2), new Duplicate(0.2), new Reorder(0.3, s_delay), new Delay(s_delay)];
            using var world = new World(seed, Nodes(), Nodes(), new SimServerOptions { Retry = true });
            SimConnection client = world.Client.Connect();
            Assert.True(
                world.RunUntil(() => client.IsConnected || client.Closed is not null, TimeSpan.FromMinutes(5)) && client.IsConnected,
                $"seed {seed}: {client.Closed}");
            Sessions.Exchange(world, client);
        }
    }

    [Fact]
    [Rfc(9000, "8.1.2")]
    public void A_retry_that_is_answered_too_late_ends_in_INVALID_TOKEN()
    {
        Timestamp since = default;
        World world = null!;
        var drop = new Drop(x => HasToken(x.Bytes) && world.Now < since + AddressTokens.RetryLifetime + TimeSpan.FromSeconds(1));
        using (world = new World(1, [drop, new Delay(s_delay)], [new Delay(s_delay)], new SimServerOptions { Retry = true }))
        {
            since = world.Now;
            SimConnection client = world.Client.Connect();
            Assert.True(world.RunUntil(() => client.Closed is not null, TimeSpan.FromMinutes(2)));
            Assert.Equal((CloseKind.PeerTransport, (ulong)TransportErrorCode.InvalidToken), (client.Closed!.Kind, client.Closed.Code));
            Assert.Empty(world.Server.Connections);
            Assert.True(drop.Dropped > 0);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    [Rfc(9000, "8.1.2")]
    [Rfc(9000, "8.1.4")]
    public void The_token_of_a_retry_is_good_only_where_it_was_sent(bool isOtherPort)
    {
        using var world = new World(1, [new Delay(s_delay)], [new Delay(s_delay)], new SimServerOptions { Retry = true });
        SimDatagram? withToken = null;
        world.OnSent = (_, x) => withToken ??= HasToken(x.Bytes) ? x with { Bytes = [.. x.Bytes] } : null;
        SimConnection client = world.Client.Connect();
        Assert.True(world.RunUntil(() => client.IsConnected, TimeSpan.FromSeconds(10)));
        world.Server.Forget();
        byte[]? answer = null;
        world.OnSent = (from, x) => answer = from == world.Server ? x.Bytes : answer;
        PathAddress other = isOtherPort ? s_client with { Port = 50001 } : PathAddress.FromIPv4(0x0A000009, 50000);
        world.Inject(world.Server, withToken!.Bytes, withToken.Arrival with { Remote = other });
        world.Run(TimeSpan.Zero);
        Assert.NotNull(answer);
        Assert.True(PacketHeader.TryRead(answer, 8, out PacketHeader header));
        Assert.Equal(PacketType.Initial, header.Type);
        Assert.Empty(world.Server.Connections);
        Assert.True(answer.Length < withToken.Bytes.Length / 3);

        // Damaged on the way, which the packet's own protection shows: nobody is told anything.
        answer = null;
        byte[] damaged = [.. withToken.Bytes];
        damaged[40] ^= 1;
        world.Inject(world.Server, damaged, withToken.Arrival);
        world.Run(TimeSpan.Zero);
        Assert.Null(answer);
    }

    [Fact]
    [Rfc(9000, "8.1.3")]
    [Rfc(9000, "19.7")]
    public void A_token_for_later_spares_the_next_connection_the_retry_once()
    {
        using var world = new World(
            1, [new Loss(0.1), new Delay(s_delay)], [new Loss(0.1), new Delay(s_delay)],
            new SimServerOptions { Retry = true, SendsTokens = true, UsedTokens = new UsedOnce() });
        byte[] token = TokenOf(world, world.Client.Connect());
        Func<int> retries = CountRetries(world);

        SimConnection second = world.Client.Connect(x => x with { AddressToken = token });
        Assert.True(world.RunUntil(() => second.IsConnected, TimeSpan.FromSeconds(20)), $"{second.Closed}");
        int spared = retries();
        SimConnection third = world.Client.Connect(x => x with { AddressToken = token });
        Assert.True(world.RunUntil(() => third.IsConnected, TimeSpan.FromSeconds(20)), $"{third.Closed}");
        Assert.Equal(0, spared);
        Assert.True(retries() > 0);
    }

    [Theory]
    [InlineData("damaged")]
    [InlineData("of another")]
    [InlineData("old")]
    [InlineData("short")]
    [Rfc(9000, "8.1.3")]
    public void A_bad_token_for_later_counts_as_none(string what)
    {
        using var world = new World(1, [new Delay(s_delay)], [new Delay(s_delay)], new SimServerOptions { Retry = true, SendsTokens = true });
        byte[] token = TokenOf(world, world.Client.Connect());
        switch (what)
        {
            case "damaged":
                token[^20] ^= 1;
                break;
            case "of another":
                token = new AddressTokens(SimTickets.WithKey([.. Enumerable.Repeat((byte)7, 32)]), world.Random)
                    .IssueForLater(s_client, QuicVersion.V1, world.UnixMilliseconds);
                break;
            case "old":
                world.Run(AddressTokens.NewTokenLifetime + TimeSpan.FromSeconds(1));
                break;
            default:
                token = token[..3];
                break;
        }

        Func<int> retries = CountRetries(world);
        SimConnection second = world.Client.Connect(x => x with { AddressToken = token });
        Assert.True(world.RunUntil(() => second.IsConnected, TimeSpan.FromSeconds(20)), $"{second.Closed}");
        Assert.Equal(1, retries());
    }

    [Fact]
    [Rfc(9000, "8.1")]
    public void A_validated_client_gets_a_long_certificate_in_one_flight_and_another_does_not()
    {
        using var world = new World(
            1, [new Delay(s_delay)], [new Delay(s_delay)], new SimServerOptions { SendsTokens = true, Certificate = s_sixKilobytes });
        byte[] token = TokenOf(world, world.Client.Connect());
        Assert.True(TimeOf([]) > TimeOf(token));
        Assert.Equal(2 * s_delay, TimeOf(token));

        TimeSpan TimeOf(byte[] with)
        {
            Timestamp start = world.Now;
            SimConnection client = world.Client.Connect(x => x with { AddressToken = with });
            Assert.True(world.RunUntil(() => client.IsConnected, TimeSpan.FromSeconds(20)));
            return world.Now - start;
        }
    }

    [Fact]
    [Rfc(9000, "5.2.2")]
    public void A_refused_client_is_told_and_nothing_is_kept()
    {
        using var world = new World(1, [new Delay(s_delay)], [new Delay(s_delay)], new SimServerOptions { Refuses = true });
        SimConnection client = world.Client.Connect();
        Assert.True(world.RunUntil(() => client.Closed is not null, TimeSpan.FromSeconds(2)));
        Assert.Equal((CloseKind.PeerTransport, (ulong)TransportErrorCode.ConnectionRefused), (client.Closed!.Kind, client.Closed.Code));
        Assert.Empty(world.Server.Connections);
        Assert.Equal(0, world.Server.Routing.Count);
    }

    [Fact]
    [Rfc(9000, "8.1.1")]
    [Rfc(9000, "8.1.4")]
    public void Tokens_are_bound_to_address_version_exchange_and_time()
    {
        var tokens = new AddressTokens(SimTickets.WithKey(new byte[TicketKey.KeyLength]), new SeededRandom(1));
        const long Now = 1_800_000_000_000;
        byte[] retry = tokens.IssueForRetry(s_client, QuicVersion.V1, s_original, s_retry, Now);
        Assert.True(tokens.TryOpen(retry, s_client, QuicVersion.V1, s_retry, Now + 9_000, out AddressToken opened));
        Assert.Equal((s_original, s_retry), (opened.OriginalDestination, opened.RetrySource));
        Assert.False(tokens.TryOpen(retry, s_client, QuicVersion.V1, s_retry, Now + 10_001, out _));
        Assert.False(tokens.TryOpen(retry, s_client, QuicVersion.V1, s_retry, Now - 5_001, out _));
        Assert.False(tokens.TryOpen(retry, s_client with { Port = 1 }, QuicVersion.V1, s_retry, Now, out _));
        Assert.False(tokens.TryOpen(retry, s_client with { Ip = 1 }, QuicVersion.V1, s_retry, Now, out _));
        Assert.False(tokens.TryOpen(retry, s_client, (QuicVersion)0x6b3343cf, s_retry, Now, out _));
        Assert.False(tokens.TryOpen(retry, s_client, QuicVersion.V1, s_original, Now, out _));

        byte[] later = tokens.IssueForLater(s_client, QuicVersion.V1, Now);
        Assert.True(tokens.TryOpen(later, s_client with { Port = 1 }, QuicVersion.V1, s_original, Now + 86_399_000, out _));
        Assert.False(tokens.TryOpen(later, s_client, QuicVersion.V1, s_original, Now + 86_401_000, out _));

        // What it says it is counts for nothing unless the seal says so too.
        byte[] disguised = [.. "QR"u8, .. later[2..]];
        Assert.Equal(AddressTokenKind.Retry, AddressTokens.KindOf(disguised));
        Assert.False(tokens.TryOpen(disguised, s_client, QuicVersion.V1, s_original, Now, out _));
        for (int length = 0; length < retry.Length; length++)
        {
            Assert.False(tokens.TryOpen(retry.AsSpan(0, length), s_client, QuicVersion.V1, s_retry, Now, out _));
        }

        for (int i = 0; i < retry.Length; i++)
        {
            byte[] changed = [.. retry];
            changed[i] ^= 0x10;
            Assert.False(tokens.TryOpen(changed, s_client, QuicVersion.V1, s_retry, Now, out _));
        }
    }

    private static byte[] TokenOf(World world, SimConnection client)
    {
        Assert.True(world.RunUntil(() => client.AddressTokens.Count > 0, TimeSpan.FromSeconds(20)), $"seed {world.Seed}: {client.Closed}");
        world.Run(TimeSpan.FromSeconds(2));
        return Assert.Single(client.AddressTokens);
    }

    private static Func<int> CountRetries(World world)
    {
        int retries = 0;
        world.OnSent = (_, x) =>
        {
            if (PacketHeader.TryRead(x.Bytes, 8, out PacketHeader header) && header.Type == PacketType.Retry)
            {
                retries++;
            }
        };
        return () => retries;
    }

    private static bool HasToken(ReadOnlySpan<byte> datagram) =>
        PacketHeader.TryRead(datagram, 8, out PacketHeader header) && header.Type == PacketType.Initial && !header.Token.IsEmpty;

    private sealed class UsedOnce : ITokenReplayFilter
    {
        // An Initial that is sent again, because it was lost, must not count twice: the first makes a connection, to which the next goes.
        private readonly HashSet<string> _used = [];

        public bool TryAccept(ReadOnlySpan<byte> token, long issuedMilliseconds) => _used.Add(Convert.ToHexString(token));
    }
}
