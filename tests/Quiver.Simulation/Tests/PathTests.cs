using Quiver.Protocol.Buffers;
using Quiver.Protocol.Connections;
using Quiver.Protocol.Frames;
using Quiver.Protocol.Packets;
using Quiver.Protocol.Paths;
using Quiver.Protocol.Primitives;
using Quiver.Protocol.Recovery;
using Quiver.Simulation.Attack;
using Quiver.Simulation.Endpoints;
using Quiver.Simulation.Network;
using Quiver.Testing;

namespace Quiver.Simulation.Tests;

/// <summary>The server follows its client to other addresses, and is not led away by others.</summary>
public sealed class PathTests(ITestOutputHelper output)
{
    private const ulong Bytes = 2_000_000;

    private static readonly TimeSpan s_delay = TimeSpan.FromMilliseconds(20);
    private static readonly PathAddress s_home = PathAddress.FromIPv4(0x0A000001, 50000);
    private static readonly PathAddress s_otherPort = PathAddress.FromIPv4(0x0A000001, 50001);
    private static readonly PathAddress s_otherAddress = PathAddress.FromIPv4(0x0B000001, 60000);
    private static readonly PathAddress s_attacker = PathAddress.FromIPv4(0x0C0C0C0C, 666);

    [Theory]
    [InlineData(true, false, 0.0)]
    [InlineData(true, true, 0.0)]
    [InlineData(false, false, 0.0)]
    [InlineData(false, true, 0.0)]
    [InlineData(true, true, 0.05)]
    [InlineData(false, true, 0.05)]
    [InlineData(true, false, 0.05)]
    [InlineData(false, false, 0.05)]
    [Rfc(9000, "9.3")]
    public void Transfer_goes_on_after_a_rebinding(bool upload, bool otherAddress, double loss)
    {
        for (int seed = 1; seed <= 5; seed++)
        {
            var nat = new NatBox();
            using World world = Behind(nat, seed, loss);
            SimConnection client = Connect(world);
            SimConnection server = world.Server.Connections[0];
            (SimStream sender, Func<ulong> received) = Start(client, server, upload);
            Assert.True(world.RunUntil(() => received() > Bytes / 3, TimeSpan.FromMinutes(2)), $"seed {seed}");
            nat.External = otherAddress ? s_otherAddress : s_otherPort;
            Timestamp rebound = world.Now;
            if (!upload)
            {
                // A client that only acknowledges learns nothing of the change: it says something, as a keep-alive would.
                client.Open().Send(10);
            }

            Assert.True(world.RunUntil(() => received() == Bytes, TimeSpan.FromMinutes(2)), $"seed {seed}: {received()} of {Bytes}");
            Assert.Equal(nat.External, server.Connection.RemoteAddress);
            Assert.Equal([nat.External], server.Moves);
            Assert.Null(client.Closed);
            Assert.Null(server.Closed);
            output.WriteLine($"seed {seed}: {(world.Now - rebound).TotalMilliseconds:F0} ms after the rebinding; sent on {sender.State.Id}");
        }
    }

    [Fact]
    [Rfc(9000, "9.3")]
    public void Rebinding_again_and_again_is_followed()
    {
        var nat = new NatBox();
        using World world = Behind(nat, 1, 0.01);
        SimConnection client = Connect(world);
        SimConnection server = world.Server.Connections[0];
        (_, Func<ulong> received) = Start(client, server, upload: true);
        for (ulong i = 1; i <= 20; i++)
        {
            Assert.True(world.RunUntil(() => received() > i * Bytes / 21, TimeSpan.FromMinutes(2)));
            nat.External = i % 3 == 0 ? s_otherAddress with { Port = (ushort)(60000 + i) } : s_home with { Port = (ushort)(50000 + i) };

            // A loss that is made good can bring much at once: each address is to be seen before the next.
            Assert.True(world.RunUntil(() => server.Connection.RemoteAddress == nat.External, TimeSpan.FromMinutes(1)), $"rebinding {i}");
        }

        Assert.True(world.RunUntil(() => received() == Bytes, TimeSpan.FromMinutes(2)));
        Assert.Equal(nat.External, server.Connection.RemoteAddress);
        Assert.Equal(20, server.Moves.Count);
    }

    [Fact]
    [Rfc(9000, "8.2.1"), Rfc(9000, "9.3")]
    public void First_datagram_to_a_new_address_has_a_challenge_and_fills_1200_bytes()
    {
        var nat = new NatBox();
        using World world = Behind(nat, 1, 0);
        SimConnection client = Connect(world);
        SimConnection server = world.Server.Connections[0];
        List<(PathAddress To, int Length, FrameType[] Frames)> sent = [];
        Watch(world, client, (to, length, frames) => sent.Add((to, length, frames)));
        nat.External = s_otherPort;
        client.Open().Send(5000);
        world.Run(TimeSpan.FromMilliseconds(200));
        (PathAddress to, int length, FrameType[] frames) = sent.First(x => x.To == s_otherPort);
        Assert.Equal(s_otherPort, to);
        Assert.Contains(FrameType.PathChallenge, frames);
        Assert.Equal(1200, length);

        // The id that the client uses did not change: a copy may have been seen, so the old address is asked as well. RFC 9000 §9.3.3.
        (_, length, frames) = sent.First(x => x.To == s_home && x.Frames.Contains(FrameType.PathChallenge));
        Assert.Equal(1200, length);
        Assert.Equal([FrameType.PathChallenge], frames);
        Assert.Equal([s_otherPort], server.Moves);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Rfc(9000, "9.4")]
    public void Another_ip_address_has_a_congestion_state_of_its_own_and_another_port_has_not(bool otherAddress)
    {
        var nat = new NatBox();
        using World world = Behind(nat, 1, 0);
        SimConnection client = Connect(world);
        SimConnection server = world.Server.Connections[0];
        (_, Func<ulong> received) = Start(client, server, upload: false);
        Assert.True(world.RunUntil(() => received() > Bytes / 2, TimeSpan.FromMinutes(1)));
        LossDetector recovery = server.Connection.Recovery;
        ulong window = recovery.Congestion.CongestionWindow;
        Assert.True(window > 100_000, $"window {window}");
        nat.External = otherAddress ? s_otherAddress : s_otherPort;
        client.Open().Send(10);
        Assert.True(world.RunUntil(() => server.Moves.Count == 1, TimeSpan.FromSeconds(5)));

        // A round trip later the address is validated.
        ulong smallest = ulong.MaxValue;
        world.RunUntil(
            () =>
            {
                smallest = Math.Min(smallest, recovery.Congestion.CongestionWindow);
                return false;
            },
            2.5 * s_delay);
        if (otherAddress)
        {
            Assert.True(smallest < 20_000, $"window {smallest}");
            Assert.True(recovery.BytesInFlight < window / 2, $"{recovery.BytesInFlight} in flight");
        }
        else
        {
            // What was lost on the old way is not congestion of the new one.
            Assert.True(smallest >= window, $"window {window}, then {smallest}");
        }
    }

    [Fact]
    [Rfc(9000, "8.1"), Rfc(9000, "9.3.1")]
    public void An_address_gets_three_times_what_came_from_it_until_it_is_validated()
    {
        var nat = new NatBox();
        using World world = Behind(nat, 1, 0);
        SimConnection client = Connect(world);
        SimConnection server = world.Server.Connections[0];
        long fromThere = 0;
        world.OnSent = (from, datagram) => fromThere += from == world.Client && nat.External == s_otherAddress ? datagram.Bytes.Length : 0;
        (_, Func<ulong> received) = Start(client, server, upload: false);
        Assert.True(world.RunUntil(() => received() > Bytes / 3, TimeSpan.FromMinutes(1)));

        // Nothing comes through to the client, so nothing is validated; the server has much to send.
        nat.External = s_otherAddress;
        nat.LetsIn = _ => false;
        SimStream ping = client.Open();
        long most = 0;
        world.RunUntil(
            () =>
            {
                ping.Send(1, finish: false);
                long sent = nat.SentTo.GetValueOrDefault(s_otherAddress);
                Assert.True(sent <= 3 * fromThere, $"{sent} bytes for {fromThere}");
                most = Math.Max(most, sent);
                return false;
            },
            TimeSpan.FromSeconds(2));
        Assert.True(most > 0, "nothing was sent");
        Assert.Equal(s_otherAddress, server.Connection.RemoteAddress);
    }

    [Fact]
    [Rfc(9000, "8.2.3")]
    public void Small_packet_is_answered_by_a_small_challenge_and_the_path_is_tried_with_a_full_one_afterwards()
    {
        var nat = new NatBox();
        using World world = Behind(nat, 1, 0);
        SimConnection client = Connect(world);
        SimConnection server = world.Server.Connections[0];
        List<(PathAddress To, int Length, FrameType[] Frames)> sent = [];
        Watch(world, client, (to, length, frames) => sent.Add((to, length, frames)));
        nat.External = s_otherAddress;
        client.Open().Send(10);
        world.Run(TimeSpan.FromMilliseconds(300));
        int[] challenges = [.. sent.Where(x => x.To == s_otherAddress && x.Frames.Contains(FrameType.PathChallenge)).Select(x => x.Length)];
        Assert.Equal(2, challenges.Length);
        Assert.InRange(challenges[0], 40, 1199);
        Assert.Equal(1200, challenges[1]);
        Assert.Equal(10UL, server.Streams[0].Received);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    [Rfc(9000, "9.3.2"), Rfc(9000, "9.3.3")]
    public void Copies_from_another_address_that_come_first_do_not_take_the_connection_away(bool upload)
    {
        for (int seed = 1; seed <= 5; seed++)
        {
            var nat = new NatBox();
            int copied = 0;
            var copier = new Copier(s_attacker, () => copied < 200, () => copied++);
            using var world = new World(
                seed, [nat.Outward, copier, new Delay(s_delay)], [new Delay(s_delay), nat.Inward]);
            SimConnection client = Connect(world);
            SimConnection server = world.Server.Connections[0];
            copier.IsOn = true;
            (_, Func<ulong> received) = Start(client, server, upload);
            Assert.True(world.RunUntil(() => received() == Bytes, TimeSpan.FromMinutes(2)), $"seed {seed}: {received()}");
            world.Run(TimeSpan.FromSeconds(5));
            Assert.Equal(s_home, server.Connection.RemoteAddress);
            Assert.True(copied > 10, $"{copied} copies");
            Assert.Contains(s_attacker, server.Moves);
            output.WriteLine($"seed {seed}: {copied} copies, {server.Moves.Count} moves, {nat.SentTo.GetValueOrDefault(s_attacker)} bytes to the attacker");
            Assert.True(nat.SentTo.GetValueOrDefault(s_attacker) <= 3 * copier.BytesCopied, "more than three times what came");
        }
    }

    [Fact]
    [Rfc(9000, "9.3.2")]
    public void Without_an_answer_the_server_returns_to_the_last_validated_address()
    {
        var nat = new NatBox();
        var copier = new Copier(s_attacker, () => true, () => { }) { DropsOriginal = true };
        using var world = new World(1, [nat.Outward, copier, new Delay(s_delay)], [new Delay(s_delay), nat.Inward]);
        SimConnection client = Connect(world);
        SimConnection server = world.Server.Connections[0];
        copier.IsOn = true;
        nat.LetsIn = _ => false;
        client.Open().Send(10);
        Assert.True(world.RunUntil(() => server.Moves.Count == 1, TimeSpan.FromSeconds(1)));
        Assert.Equal(s_attacker, server.Connection.RemoteAddress);
        copier.DropsAll = true;
        Timestamp moved = world.Now;
        Assert.True(world.RunUntil(() => server.Moves.Count == 2, TimeSpan.FromSeconds(30)));
        Assert.Equal(s_home, server.Connection.RemoteAddress);

        // Three times a probe time-out of a path without a sample.
        Assert.InRange(world.Now - moved, TimeSpan.FromSeconds(2.9), TimeSpan.FromSeconds(3.1));
        copier.IsOn = false;
        copier.DropsAll = false;
        nat.LetsIn = _ => true;
        client.Open().Send(100_000);
        Assert.True(world.RunUntil(() => server.Streams.Count == 2 && server.Streams[1].Received == 100_000, TimeSpan.FromMinutes(1)));
        Assert.Equal(s_home, server.Connection.RemoteAddress);
    }

    [Fact]
    [Rfc(9000, "9.1")]
    public void Probing_packets_do_not_move_the_connection_and_are_answered_where_they_came_from()
    {
        using var world = new StagedWorld(1, Stage.Established);
        PacketForge forge = PacketForge.For(world, EndpointRole.Client);
        int before = world.ToClient.Count;
        Receive(world, s_otherAddress, forge.Make(EncryptionLevel.Application, Challenge(7, 1100))!);
        Assert.Empty(world.Server!.Moves);
        Assert.Equal(world.World.Client.Address, world.Server.Connection.RemoteAddress);
        SimDatagram answer = Assert.Single(world.ToClient.Skip(before), datagram => datagram.Arrival.Local == s_otherAddress);
        Assert.Equal(1200, answer.Bytes.Length);

        // A challenge of the server's own goes with the answer: the client may be about to come. RFC 9000 §9.6.3.
        // A PING is more than a probe.
        Receive(world, s_otherAddress, forge.Make(EncryptionLevel.Application, [1, .. new byte[40]])!);
        Assert.Equal([s_otherAddress], world.Server.Moves);
    }

    [Fact]
    [Rfc(9000, "8.1")]
    public void Many_challenges_in_one_datagram_do_not_multiply_the_answer()
    {
        using var world = new StagedWorld(1, Stage.Established);
        PacketForge forge = PacketForge.For(world, EndpointRole.Client);
        byte[] packet = forge.Make(EncryptionLevel.Application, [.. Challenge(1, 0), .. Challenge(2, 0), .. Challenge(3, 0), .. Challenge(4, 0)])!;
        int length = packet.Length;
        int before = world.ToClient.Count;
        Receive(world, s_attacker, packet);
        int answered = world.ToClient.Skip(before).Where(x => x.Arrival.Local == s_attacker).Sum(x => x.Bytes.Length);
        Assert.InRange(answered, 30, 3 * length);
    }

    // What fills the window must be acknowledged first; how much may be in flight is not the peer's to say.
    [Fact]
    [Rfc(9000, "8.2.2"), Rfc(9002, "7")]
    public void Answer_on_the_path_in_use_waits_for_the_congestion_window()
    {
        using var world = new StagedWorld(1, Stage.Established);
        PacketForge forge = PacketForge.For(world, EndpointRole.Client);
        forge.NextNumber = world.Client.Connection.Recovery.Space(PacketNumberSpace.Application).Log.NextPacketNumber + 20;
        LossDetector recovery = world.Server!.Connection.Recovery;
        world.Server.Streams[0].Send(1_000_000);
        world.World.Run(s_delay / 4);
        Assert.True(recovery.BytesInFlight + 1200 > recovery.Congestion.CongestionWindow, $"{recovery.BytesInFlight} in flight");
        var reading = new FrameReading(world.Client);
        List<FrameType[]> sent = [];
        world.World.OnSent = (from, datagram) => sent.AddRange(from == world.World.Server ? [reading.Read(datagram.Bytes)] : []);
        Receive(world, world.World.Client.Address, forge.Make(EncryptionLevel.Application, Challenge(7, 1100))!);
        Assert.Equal([FrameType.AckEcn], Assert.Single(sent));
        Assert.True(recovery.BytesInFlight <= recovery.Congestion.CongestionWindow, $"{recovery.BytesInFlight} in flight");

        // A round trip after the data the client's ACKs are here. (It does not like the ACK of a packet that is not its own, but that is later.)
        world.World.Run(1.9 * s_delay);
        Assert.Contains(sent, frames => frames.Contains(FrameType.PathResponse));
    }

    [Fact]
    [Rfc(9000, "9")]
    public void Flood_from_many_addresses_keeps_few_paths_and_the_connection()
    {
        using var world = new StagedWorld(1, Stage.Established);
        PacketForge forge = PacketForge.For(world, EndpointRole.Client);
        SimConnection server = world.Server!;
        for (int i = 0; i < 5000; i++)
        {
            Receive(world, PathAddress.FromIPv4(0x0D000000 + (uint)i, 1000), forge.Make(EncryptionLevel.Application, i % 2 == 0 ? [1, .. new byte[60]] : Challenge((ulong)i, 60))!);
        }

        int paths = server.Connection.PathCount;
        Assert.InRange(paths, 2, PathTable.MaxPaths);
        Assert.Null(server.Closed);
        foreach (IGrouping<PathAddress, SimDatagram> there in world.ToClient.Where(x => x.Arrival.Local.Port == 1000).GroupBy(x => x.Arrival.Local))
        {
            Assert.True(there.Sum(x => x.Bytes.Length) <= 3 * 110, $"{there.Sum(x => x.Bytes.Length)} bytes to {there.Key}");
        }

        // When it is over the server returns to its client.
        world.World.Run(TimeSpan.FromSeconds(5));
        Assert.Equal(world.World.Client.Address, server.Connection.RemoteAddress);
    }

    [Fact]
    [Rfc(9000, "9")]
    public void Before_the_handshake_is_confirmed_nobody_moves()
    {
        var nat = new NatBox();
        using World world = Behind(nat, 1, 0);
        SimConnection client = world.Client.Connect();
        Assert.True(world.RunUntil(() => world.Server.Connections.Count > 0, TimeSpan.FromSeconds(1)));
        SimConnection server = world.Server.Connections[0];
        nat.External = s_otherPort;
        world.Run(TimeSpan.FromSeconds(3));
        Assert.Empty(server.Moves);
        Assert.False(server.IsConnected);
        Assert.False(nat.SentTo.ContainsKey(s_otherPort));
        nat.External = s_home;
        Assert.True(world.RunUntil(() => server.IsConnected && client.IsConnected, TimeSpan.FromMinutes(1)));
        Assert.Equal(s_home, server.Connection.RemoteAddress);
    }

    [Fact]
    [Rfc(9000, "9")]
    public void Client_discards_what_does_not_come_from_its_server()
    {
        using var world = new StagedWorld(1, Stage.Established);
        PacketForge forge = PacketForge.For(world, EndpointRole.Server);
        byte[] close = [0x1C, 0, 0, 0];
        var elsewhere = new DatagramArrival(world.World.Client.Address, s_attacker, EcnCodepoint.NotEct);
        world.World.Client.Receive(new SimDatagram(forge.Make(EncryptionLevel.Application, close)!, elsewhere, -1));
        world.World.Client.Flush();
        Assert.Null(world.Client.Closed);
        world.Receive(false, forge.Make(EncryptionLevel.Application, close)!);
        Assert.NotNull(world.Client.Closed);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    [Rfc(9000, "9.5")]
    public void Server_takes_a_new_connection_id_when_its_client_did(bool newId)
    {
        using var world = new StagedWorld(1, Stage.Established);
        SimConnection server = world.Server!;
        PacketForge forge = PacketForge.For(world, EndpointRole.Client);
        ConnectionId before = DestinationOf(world.ToClient[^1]);
        if (newId)
        {
            // One that the server issued: its NEW_CONNECTION_ID frames went to the client.
            ConnectionId issued = server.LocalIds.Last();
            forge = PacketForge.For(world, EndpointRole.Client, issued);
        }

        int sent = world.ToClient.Count;
        Receive(world, s_otherAddress, forge.Make(EncryptionLevel.Application, [1, .. new byte[1100]])!);
        Assert.Equal([s_otherAddress], server.Moves);
        SimDatagram[] there = [.. world.ToClient.Skip(sent).Where(x => x.Arrival.Local == s_otherAddress)];
        Assert.NotEmpty(there);
        Assert.All(there, datagram => Assert.Equal(newId, DestinationOf(datagram) != before));

        // A move on purpose is believed as far as the old address goes: our new id is not for it.
        Assert.Equal(!newId, world.ToClient.Skip(sent).Any(x => x.Arrival.Local == world.World.Client.Address));
    }

    [Fact]
    [Rfc(9000, "8.2.3")]
    public void Answer_with_other_data_validates_nothing()
    {
        using var world = new StagedWorld(1, Stage.Established);
        SimConnection server = world.Server!;
        PacketForge forge = PacketForge.For(world, EndpointRole.Client);
        Receive(world, s_otherAddress, forge.Make(EncryptionLevel.Application, [1, .. new byte[1100]])!);
        Receive(world, s_otherAddress, forge.Make(EncryptionLevel.Application, [0x1B, 1, 2, 3, 4, 5, 6, 7, 8, 1])!);
        Assert.Equal(s_otherAddress, server.Connection.RemoteAddress);
        world.World.Run(TimeSpan.FromSeconds(4));
        Assert.Equal(world.World.Client.Address, server.Connection.RemoteAddress);
    }

    [Fact]
    [Rfc(9000, "9.3")]
    public void Storm_of_rebindings_is_followed_a_few_times_and_once_a_round_trip()
    {
        using var world = new StagedWorld(1, Stage.Established);
        PacketForge forge = PacketForge.For(world, EndpointRole.Client);
        SimConnection server = world.Server!;
        for (int i = 0; i < 100; i++)
        {
            Receive(world, s_home with { Port = (ushort)(1000 + i) }, forge.Make(EncryptionLevel.Application, [1, .. new byte[1100]])!);
        }

        // All were taken, few were followed.
        Assert.Equal(MoveLimit.Burst, server.Moves.Count);
        Assert.Null(server.Closed);
        world.World.Run(server.Connection.Recovery.Rtt.Smoothed + TimeSpan.FromMilliseconds(1));
        int before = server.Moves.Count;
        Receive(world, s_home with { Port = 2000 }, forge.Make(EncryptionLevel.Application, [1, .. new byte[1100]])!);
        Receive(world, s_home with { Port = 2001 }, forge.Make(EncryptionLevel.Application, [1, .. new byte[1100]])!);
        Assert.Equal(before + 1, server.Moves.Count);
        Assert.Equal(s_home with { Port = 2000 }, server.Connection.RemoteAddress);

        // The way back is always open.
        Receive(world, s_home, forge.Make(EncryptionLevel.Application, [1, .. new byte[1100]])!);
        Assert.Equal(s_home, server.Connection.RemoteAddress);
    }

    [Fact]
    [Rfc(9000, "9.3"), Rfc(9000, "8.1.3")]
    public void Client_gets_a_token_for_its_new_address_once_that_is_validated()
    {
        var nat = new NatBox();
        using var world = new World(
            1, [nat.Outward, new Delay(s_delay)], [new Delay(s_delay), nat.Inward], new SimServerOptions { SendsTokens = true });
        SimConnection client = Connect(world);
        Assert.Single(client.AddressTokens);
        nat.External = s_otherPort;
        client.Open().Send(10);
        world.Run(TimeSpan.FromSeconds(1));
        Assert.Single(client.AddressTokens); // it is good for any port
        nat.External = s_otherAddress;
        client.Open().Send(10);
        world.Run(TimeSpan.FromSeconds(1));
        Assert.Equal(2, client.AddressTokens.Count);
        Assert.True(world.Server.Tokens.TryOpen(client.AddressTokens[1], s_otherAddress, QuicVersion.V1, default, world.UnixMilliseconds, out _));
        Assert.False(world.Server.Tokens.TryOpen(client.AddressTokens[1], s_home, QuicVersion.V1, default, world.UnixMilliseconds, out _));
    }

    [Fact]
    [Rfc(9000, "9.3"), Rfc(9000, "9.5")]
    public void Server_without_a_spare_id_stays_until_it_gets_one()
    {
        using var world = new StagedWorld(1, Stage.Established);
        SimConnection server = world.Server!;
        PacketForge home = PacketForge.For(world, EndpointRole.Client);
        ConnectionId[] issued = [.. server.LocalIds.TakeLast(3)];

        // The client hears nothing of what follows: the ids that the server gives back are not replaced.
        PathAddress[] stops = [s_otherAddress, s_otherAddress with { Port = 2 }, s_otherAddress with { Port = 3 }];
        ulong number = 1 << 21;
        for (int i = 0; i < issued.Length; i++)
        {
            Receive(world, stops[i], Forge(world, issued[i], number += 1000).Make(EncryptionLevel.Application, [1, .. new byte[1100]])!);
        }

        Assert.Equal(stops, server.Moves);

        // A fresh id of the server's for the next: the client has retired one. The server has none of the client's left.
        Receive(world, stops[2], Forge(world, issued[2], number += 1000).Make(EncryptionLevel.Application, [0x19, 0, 1, .. new byte[1100]])!);
        ConnectionId fresh = server.LocalIds[^1];
        Assert.DoesNotContain(fresh, issued);
        int sent = world.ToClient.Count;
        Receive(world, s_attacker, Forge(world, fresh, number += 1000).Make(EncryptionLevel.Application, [1, .. new byte[1100]])!);
        Assert.Equal(stops, server.Moves);
        Assert.Null(server.Closed);
        Assert.DoesNotContain(world.ToClient.Skip(sent), datagram => datagram.Arrival.Local == s_attacker);
        Assert.NotNull(home);
    }

    private static PacketForge Forge(StagedWorld world, ConnectionId destination, ulong number)
    {
        PacketForge forge = PacketForge.For(world, EndpointRole.Client, destination);
        forge.NextNumber = number;
        return forge;
    }

    private static World Behind(NatBox nat, int seed, double loss) => new(
        seed, [new Loss(loss), nat.Outward, new Delay(s_delay)], [new Loss(loss), new Delay(s_delay), nat.Inward]);

    private static SimConnection Connect(World world)
    {
        SimConnection client = world.Client.Connect();
        Assert.True(world.RunUntil(() => client.IsConnected && world.Server.Connections[0].IsConnected, TimeSpan.FromMinutes(1)));
        world.Run(TimeSpan.FromSeconds(1));
        return client;
    }

    private static (SimStream Sender, Func<ulong> Received) Start(SimConnection client, SimConnection server, bool upload)
    {
        SimConnection from = upload ? client : server;
        SimConnection to = upload ? server : client;
        SimStream sender = from.Open();
        sender.Send(Bytes);
        return (sender, () => to.Streams.FirstOrDefault(stream => stream.State.Id == sender.State.Id)?.Received ?? 0);
    }

    private static byte[] Challenge(ulong data, int padding)
    {
        var writer = new PacketWriter(new byte[PathChallengeFrame.Length]);
        new PathChallengeFrame(data).Write(ref writer);
        return [.. writer.Written, .. new byte[padding]];
    }

    private static void Receive(StagedWorld world, PathAddress from, byte[] bytes)
    {
        SimEndpoint server = world.World.Server;
        server.Receive(new SimDatagram(bytes, new DatagramArrival(server.Address, from, EcnCodepoint.NotEct), -1));
        server.Flush();
    }

    private static ConnectionId DestinationOf(SimDatagram datagram)
    {
        Assert.True(PacketHeader.TryRead(datagram.Bytes, 8, out PacketHeader header));
        return header.Destination;
    }

    /// <summary>Tells of each datagram of the server where it goes and which frames are in its 1-RTT packet.</summary>
    private static void Watch(World world, SimConnection client, Action<PathAddress, int, FrameType[]> tell)
    {
        var reading = new FrameReading(client);
        world.OnSent = (from, datagram) =>
        {
            if (from == world.Server)
            {
                tell(datagram.Arrival.Local, datagram.Bytes.Length, reading.Read(datagram.Bytes));
            }
        };
    }

    /// <summary>Sends a copy of each datagram from another address, which comes before the original.</summary>
    private sealed class Copier(PathAddress from, Func<bool> copies, Action onCopied) : INetworkNode
    {
        public bool IsOn { get; set; }

        public bool DropsOriginal { get; set; }

        public bool DropsAll { get; set; }

        public long BytesCopied { get; private set; }

        public void Send(SimDatagram datagram, World world, Action<SimDatagram, TimeSpan> forward)
        {
            if (DropsAll)
            {
                return;
            }

            if (!IsOn)
            {
                forward(datagram, TimeSpan.Zero);
                return;
            }

            // Now and then it is the faster one.
            if (copies() && (DropsOriginal || world.Random.Chance(0.3)))
            {
                onCopied();
                BytesCopied += datagram.Bytes.Length;
                forward(datagram with { Bytes = [.. datagram.Bytes], Arrival = datagram.Arrival with { Remote = from } }, TimeSpan.Zero);
            }

            if (!DropsOriginal)
            {
                forward(datagram, TimeSpan.FromMilliseconds(1));
            }
        }
    }
}
