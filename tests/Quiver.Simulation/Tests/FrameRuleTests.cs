using System.Text;
using Quiver.Protocol.Buffers;
using Quiver.Protocol.Connections;
using Quiver.Protocol.Crypto;
using Quiver.Protocol.Packets;
using Quiver.Protocol.Primitives;
using Quiver.Simulation.Attack;
using Quiver.Simulation.Endpoints;
using Quiver.Testing;

namespace Quiver.Simulation.Tests;

/// <summary>What a peer with the right keys must not send, and the code with which the connection then closes.</summary>
public sealed class FrameRuleTests
{
    // A server's streams are 1, 5, 9 … and 3, 7, 11 …; a client's 0, 4, 8 … and 2, 6, 10 …. The simulation allows 100 of each,
    // stream windows of 64 KiB, and the client has written 30,000 bytes on stream 0.
    private const ulong Huge = VarInt.MaxValue;

    [Fact, Rfc(9000, "12.4")]
    public void Packet_without_frames() => ServerCloses(TransportErrorCode.ProtocolViolation, Array.Empty<byte>());

    [Fact, Rfc(9000, "12.4")]
    public void Unknown_frame_type() => ServerCloses(TransportErrorCode.FrameEncodingError, V(0x21));

    [Fact, Rfc(9000, "12.4")]
    public void Frame_type_not_in_its_shortest_form() => ServerCloses(TransportErrorCode.ProtocolViolation, [0x40, 0x01]);

    [Fact, Rfc(9221, "3")]
    public void Datagram_that_was_not_allowed() => ServerCloses(TransportErrorCode.ProtocolViolation, [.. V(0x31, 1), 0]);

    [Fact, Rfc(9221, "4")]
    public void Datagram_cut_short() => ServerCloses(TransportErrorCode.FrameEncodingError, [.. V(0x31, 5), 0]);

    [Fact, Rfc(9000, "19")]
    public void Frame_cut_short() => ServerCloses(TransportErrorCode.FrameEncodingError, [.. V(0x06, 0), 0x40, 0xFF, 1]);

    [Fact, Rfc(9000, "13.1")]
    public void Ack_of_a_packet_that_was_not_sent() => ServerCloses(TransportErrorCode.ProtocolViolation, V(2, 1 << 20, 0, 0, 0));

    [Fact, Rfc(9000, "19.3.1")]
    public void Ack_with_a_negative_packet_number() => ServerCloses(TransportErrorCode.FrameEncodingError, V(2, 3, 0, 0, 4));

    [Fact, Rfc(9000, "19.3.1")]
    public void Ack_with_a_negative_packet_number_in_a_later_range() => ServerCloses(TransportErrorCode.FrameEncodingError, V(2, 3, 0, 1, 1, 1, 0));

    [Fact, Rfc(9000, "19.4")]
    public void Reset_of_a_stream_on_which_only_the_receiver_sends() => ServerCloses(TransportErrorCode.StreamStateError, V(4, 3, 0, 0));

    [Fact, Rfc(9000, "19.5")]
    public void Stop_of_a_stream_on_which_only_the_peer_sends() => ServerCloses(TransportErrorCode.StreamStateError, V(5, 2, 0));

    [Fact, Rfc(9000, "19.5")]
    public void Stop_of_a_stream_that_was_not_opened() => ServerCloses(TransportErrorCode.StreamStateError, V(5, 1, 0));

    [Fact, Rfc(9000, "19.8")]
    public void Data_on_a_stream_that_was_not_opened() => ServerCloses(TransportErrorCode.StreamStateError, [.. V(0x0A, 1, 1), 0]);

    [Fact, Rfc(9000, "19.8")]
    public void Data_on_a_stream_on_which_only_the_receiver_sends() => ServerCloses(TransportErrorCode.StreamStateError, [.. V(0x0A, 3, 1), 0]);

    [Fact, Rfc(9000, "4.6")]
    public void Stream_beyond_the_limit() => ServerCloses(TransportErrorCode.StreamLimitError, [.. V(0x0A, 400, 1), 0]);

    [Fact, Rfc(9000, "4.6")]
    public void Unidirectional_stream_beyond_the_limit() => ServerCloses(TransportErrorCode.StreamLimitError, [.. V(0x0A, 402, 1), 0]);

    [Fact, Rfc(9000, "4.1")]
    public void Data_beyond_the_stream_credit() => ServerCloses(TransportErrorCode.FlowControlError, [.. V(0x0E, 4, 65_536, 1), 0]);

    [Fact, Rfc(9000, "4.1")]
    public void Reset_with_a_final_size_beyond_the_stream_credit() => ServerCloses(TransportErrorCode.FlowControlError, V(4, 4, 0, 65_537));

    [Fact, Rfc(9000, "19.8")]
    public void Data_beyond_the_largest_offset() => ServerCloses(TransportErrorCode.FrameEncodingError, [.. V(0x0E, 4, Huge, 1), 0]);

    [Fact, Rfc(9000, "4.5")]
    public void Data_beyond_the_final_size() =>
        ServerCloses(TransportErrorCode.FinalSizeError, [.. V(0x0B, 4, 1), 0], [.. V(0x0E, 4, 1, 1), 0]);

    [Fact, Rfc(9000, "4.5")]
    public void Final_size_that_changes() =>
        ServerCloses(TransportErrorCode.FinalSizeError, [.. V(0x0F, 4, 10, 1), 0], [.. V(0x0F, 4, 8, 1), 0]);

    [Fact, Rfc(9000, "4.5")]
    public void Final_size_below_what_was_received() =>
        ServerCloses(TransportErrorCode.FinalSizeError, [.. V(0x0E, 4, 10, 1), 0], V(4, 4, 0, 5));

    [Fact, Rfc(9000, "4.5")]
    public void Reset_that_contradicts_the_end_of_the_data() =>
        ServerCloses(TransportErrorCode.FinalSizeError, [.. V(0x0F, 4, 10, 1), 0], V(4, 4, 0, 12));

    [Fact, Rfc(9000, "19.10")]
    public void Credit_for_a_stream_on_which_only_the_peer_sends() => ServerCloses(TransportErrorCode.StreamStateError, V(0x11, 2, 100));

    [Fact, Rfc(9000, "19.10")]
    public void Credit_for_a_stream_that_was_not_opened() => ServerCloses(TransportErrorCode.StreamStateError, V(0x11, 1, 100));

    [Fact, Rfc(9000, "19.11")]
    public void More_streams_than_there_are_numbers() => ServerCloses(TransportErrorCode.FrameEncodingError, V(0x12, (1UL << 60) + 1));

    [Fact, Rfc(9000, "19.14")]
    public void Blocked_at_more_streams_than_there_are_numbers() => ServerCloses(TransportErrorCode.FrameEncodingError, V(0x17, (1UL << 60) + 1));

    [Fact, Rfc(9000, "19.13")]
    public void Blocked_on_a_stream_on_which_only_the_receiver_sends() => ServerCloses(TransportErrorCode.StreamStateError, V(0x15, 3, 0));

    [Fact, Rfc(9000, "19.15")]
    public void New_connection_id_that_retires_itself_and_later_ones() => ServerCloses(TransportErrorCode.FrameEncodingError, NewId(1, 2, 8, 1));

    [Fact, Rfc(9000, "19.15")]
    public void New_connection_id_of_no_bytes() => ServerCloses(TransportErrorCode.FrameEncodingError, NewId(9, 0, 0, 1));

    [Fact, Rfc(9000, "19.15")]
    public void New_connection_id_of_21_bytes() => ServerCloses(TransportErrorCode.FrameEncodingError, NewId(9, 0, 21, 1));

    [Fact, Rfc(9000, "19.15")]
    public void Two_connection_ids_under_one_number() =>
        ServerCloses(TransportErrorCode.ProtocolViolation, NewId(9, 9, 8, 1), NewId(9, 9, 8, 2));

    [Fact, Rfc(9000, "5.1.1")]
    public void More_connection_ids_than_are_kept() =>

        // The client has issued as many as the server keeps.
        ServerCloses(TransportErrorCode.ConnectionIdLimitError, NewId(11, 0, 8, 1));

    [Fact, Rfc(9000, "19.16")]
    public void Retirement_of_an_id_that_was_not_issued() => ServerCloses(TransportErrorCode.ProtocolViolation, V(0x19, 99));

    [Fact, Rfc(9000, "19.16")]
    public void Retirement_of_an_id_that_was_not_sent_yet() =>

        // The first retirement has the server issue number 4, which no packet has carried yet.
        ServerCloses(TransportErrorCode.ProtocolViolation, [.. V(0x19, 1), .. V(0x19, 4)]);

    [Fact, Rfc(9000, "19.16")]
    public void Retirement_of_the_id_that_the_packet_used() => ServerCloses(TransportErrorCode.ProtocolViolation, V(0x19, 0));

    [Fact, Rfc(9000, "19.7")]
    public void Token_from_a_client() => ServerCloses(TransportErrorCode.ProtocolViolation, [.. V(7, 1), 1]);

    [Fact, Rfc(9000, "19.7")]
    public void Token_of_no_bytes() => ClientCloses(TransportErrorCode.FrameEncodingError, V(7, 0));

    [Fact, Rfc(9000, "19.20")]
    public void Handshake_done_from_a_client() => ServerCloses(TransportErrorCode.ProtocolViolation, V(0x1E));

    [Fact, Rfc(9000, "7.5")]
    public void Handshake_bytes_beyond_what_is_held() => ServerCloses(TransportErrorCode.CryptoBufferExceeded, [.. V(6, 70_000, 1), 0]);

    [Fact, Rfc(9000, "19.6")]
    public void Handshake_bytes_beyond_the_largest_offset() => ServerCloses(TransportErrorCode.FrameEncodingError, [.. V(6, Huge, 1), 0]);

    [Fact, Rfc(9001, "6")]
    public void Tls_key_update() => ClientCloses((TransportErrorCode)(0x100 + (int)TlsAlert.UnexpectedMessage), [.. V(6, 0, 5), 24, 0, 0, 1, 0]);

    [Fact, Rfc(9000, "12.5")]
    public void Stream_frame_in_a_handshake_packet() =>
        Closes(Stage.ClientFinished, EncryptionLevel.Handshake, EndpointRole.Client, TransportErrorCode.ProtocolViolation, [.. V(0x0A, 0, 1), 0]);

    [Fact, Rfc(9000, "12.5")]
    public void Handshake_done_in_a_handshake_packet() =>
        Closes(Stage.ClientFinished, EncryptionLevel.Handshake, EndpointRole.Server, TransportErrorCode.ProtocolViolation, V(0x1E));

    [Fact, Rfc(9000, "12.5")]
    public void Application_close_in_a_handshake_packet() =>
        Closes(Stage.ClientFinished, EncryptionLevel.Handshake, EndpointRole.Client, TransportErrorCode.ProtocolViolation, V(0x1D, 0, 0));

    [Fact, Rfc(9000, "17.3.1")]
    public void Reserved_bits_of_a_short_header()
    {
        using var world = new StagedWorld(1, Stage.Established);
        world.Receive(true, PacketForge.For(world, EndpointRole.Client).Make(EncryptionLevel.Application, V(1), firstByteBits: 0x08)!);
        AssertClosed(world.Server!, TransportErrorCode.ProtocolViolation);
    }

    [Fact, Rfc(9000, "10.2")]
    public void Close_tells_the_peer_code_and_reason()
    {
        using var world = new StagedWorld(1, Stage.Established);
        SimConnection server = world.Server!;
        byte[] reason = Encoding.UTF8.GetBytes("no more");
        world.Receive(true, PacketForge.For(world, EndpointRole.Client).Make(EncryptionLevel.Application, [.. V(0x1D, 77, (ulong)reason.Length), .. reason])!);
        Assert.Equal(new CloseReason(CloseKind.PeerApplication, 77, 0, "no more"), server.Closed);
        Assert.True(world.World.RunUntil(() => server.IsDrained, TimeSpan.FromSeconds(30)));
    }

    [Fact, Rfc(9000, "8.2.2")]
    public void Path_challenge_is_answered_in_a_full_datagram()
    {
        using var world = new StagedWorld(1, Stage.Established);
        int before = world.ToClient.Count;
        world.Receive(true, PacketForge.For(world, EndpointRole.Client).Make(EncryptionLevel.Application, [.. V(0x1A), 1, 2, 3, 4, 5, 6, 7, 8])!);
        Assert.Null(world.Server!.Closed);
        byte[] answer = Assert.Single(world.ToClient.Skip(before), datagram => datagram.Bytes.Length == 1200).Bytes;
        Assert.Equal([0x1B, 1, 2, 3, 4, 5, 6, 7, 8], PayloadOf(world, answer)[..9]);
    }

    [Fact, Rfc(9000, "3.2")]
    public void Opening_a_stream_opens_all_below_it()
    {
        using var world = new StagedWorld(1, Stage.Established);
        world.World.AllowsForeignData = true;
        world.Receive(true, PacketForge.For(world, EndpointRole.Client).Make(EncryptionLevel.Application, [.. V(0x0A, 20, 1), 0])!);
        Assert.Equal([0UL, 4, 8, 12, 16, 20], world.Server!.Opened.Select(stream => stream.Id.Value));
    }

    [Fact, Rfc(9000, "3.5")]
    public void Stop_sending_is_answered_by_a_reset_with_its_code()
    {
        using var world = new StagedWorld(1, Stage.Established);
        SimStream stream = world.Server!.Streams[0];
        stream.Send(10_000, finish: false);
        world.World.Run(TimeSpan.FromMilliseconds(100));
        world.Client.Streams[0].State.Receive!.Stop(55);
        world.World.Run(TimeSpan.FromMilliseconds(100));
        Assert.Equal(55UL, stream.StopCode);
        Assert.Equal(55UL, world.Client.Streams[0].ResetCode);
    }

    [Fact, Rfc(9000, "12.3")]
    public void Packet_that_comes_twice_is_handled_once()
    {
        using var world = new StagedWorld(1, Stage.Established);
        world.World.AllowsForeignData = true;
        byte[] packet = PacketForge.For(world, EndpointRole.Client).Make(EncryptionLevel.Application, [.. V(0x0A, 8, 1), 0])!;
        world.Receive(true, [.. packet]);
        int answers = world.ToClient.Count;
        world.Receive(true, [.. packet]);
        world.World.Run(TimeSpan.FromMilliseconds(100));
        Assert.Null(world.Server!.Closed);
        Assert.InRange(world.ToClient.Count, answers, answers + 1);
    }

    /// <summary>The frames of a 1-RTT packet of the server.</summary>
    private static byte[] PayloadOf(StagedWorld world, byte[] packet)
    {
        using var keys = PacketProtection.Create(
            QuicVersion.V1, world.Client.Connection.Tls.NegotiatedSuite, world.Client.Secrets["SERVER_TRAFFIC_SECRET_0"]);
        byte[] mask = new byte[PacketProtection.MaskLength];
        const int NumberOffset = 1 + 8;
        keys.HeaderMask(packet.AsSpan(NumberOffset + 4, PacketProtection.SampleLength), mask);
        packet = [.. packet];
        packet[0] ^= (byte)(mask[0] & 0x1F);
        int length = (packet[0] & 3) + 1;
        for (int i = 0; i < length; i++)
        {
            packet[NumberOffset + i] ^= mask[1 + i];
        }

        int start = NumberOffset + length;
        ulong number = PacketNumberCodec.ReadTruncated(packet.AsSpan(NumberOffset, length));
        Assert.True(keys.TryOpen(number, packet.AsSpan(0, start), packet.AsSpan(start)));
        return packet[start..^PacketProtection.TagLength];
    }

    private static void ServerCloses(TransportErrorCode expected, params byte[][] payloads) =>
        Closes(Stage.Established, EncryptionLevel.Application, EndpointRole.Client, expected, payloads);

    private static void ClientCloses(TransportErrorCode expected, params byte[][] payloads) =>
        Closes(Stage.Established, EncryptionLevel.Application, EndpointRole.Server, expected, payloads);

    private static void Closes(Stage stage, EncryptionLevel level, EndpointRole attacker, TransportErrorCode expected, params byte[][] payloads)
    {
        using var world = new StagedWorld(1, stage);
        world.World.AllowsForeignData = true;
        PacketForge forge = PacketForge.For(world, attacker);
        SimConnection victim = attacker == EndpointRole.Client ? world.Server! : world.Client;
        foreach (byte[] payload in payloads)
        {
            Assert.Null(victim.Closed);
            byte[] packet = payload.Length == 0 ? forge.MakeEmpty() : forge.Make(level, payload)!;
            world.Receive(attacker == EndpointRole.Client, packet);
        }

        AssertClosed(victim, expected);
    }

    private static void AssertClosed(SimConnection victim, TransportErrorCode expected)
    {
        Assert.NotNull(victim.Closed);
        Assert.Equal(CloseKind.LocalTransport, victim.Closed.Kind);
        Assert.True(expected == (TransportErrorCode)victim.Closed.Code, $"{victim.Closed}");
        Assert.NotEqual(string.Empty, victim.Closed.Reason);
    }

    private static byte[] NewId(ulong sequence, ulong retirePriorTo, int length, byte fill)
    {
        var writer = new PacketWriter(new byte[100]);
        writer.WriteVarInt(0x18);
        writer.WriteVarInt(sequence);
        writer.WriteVarInt(retirePriorTo);
        writer.WriteByte((byte)length);
        writer.WriteBytes(Enumerable.Repeat(fill, length + StatelessResetToken.Length).ToArray());
        return writer.Written.ToArray();
    }

    private static byte[] V(params ulong[] values)
    {
        var writer = new PacketWriter(new byte[100]);
        foreach (ulong value in values)
        {
            writer.WriteVarInt(value);
        }

        return writer.Written.ToArray();
    }
}
