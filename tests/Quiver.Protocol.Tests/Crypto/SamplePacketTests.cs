using Quiver.Protocol.Crypto;
using Quiver.Protocol.Packets;
using Quiver.Protocol.Primitives;
using Quiver.Testing;

namespace Quiver.Protocol.Tests.Crypto;

/// <summary>The packets of RFC 9001 appendix A, byte for byte.</summary>
public sealed class SamplePacketTests
{
    private static readonly byte[] s_connectionId = Convert.FromHexString("8394c8f03e515708");

    [Fact]
    [Rfc(9001, "A.2")]
    public void Client_initial_is_protected_as_in_the_sample()
    {
        byte[] packet = new byte[1200];
        byte[] header = Hex("c300000001088394c8f03e5157080000449e00000002");
        header.CopyTo(packet, 0);
        Hex(SamplePackets.ClientFrames).CopyTo(packet, header.Length);
        using PacketProtection keys = InitialKeys.Create(QuicVersion.V1, s_connectionId, EndpointRole.Client);

        Protect(keys, packet, header.Length, packetNumber: 2, packetNumberLength: 4);

        Assert.Equal(Hex(SamplePackets.ClientInitial), packet);
    }

    [Fact]
    [Rfc(9001, "A.2")]
    public void Client_initial_is_opened()
    {
        byte[] packet = Hex(SamplePackets.ClientInitial);
        using PacketProtection keys = InitialKeys.Create(QuicVersion.V1, s_connectionId, EndpointRole.Client);

        Assert.True(Unprotect(keys, packet, packetNumberOffset: 18, packetNumber: 2, packetNumberLength: 4));

        Assert.Equal(Hex("c300000001088394c8f03e5157080000449e00000002"), packet[..22]);
        byte[] frames = Hex(SamplePackets.ClientFrames);
        Assert.Equal(frames, packet[22..(22 + frames.Length)]);
        Assert.All(packet[(22 + frames.Length)..^16], b => Assert.Equal(0, b));
    }

    [Fact]
    [Rfc(9001, "A.3")]
    public void Server_initial_is_protected_as_in_the_sample()
    {
        byte[] header = Hex("c1000000010008f067a5502a4262b50040750001");
        byte[] packet = [.. header, .. Hex(SamplePackets.ServerFrames), .. new byte[16]];
        using PacketProtection keys = InitialKeys.Create(QuicVersion.V1, s_connectionId, EndpointRole.Server);

        Protect(keys, packet, header.Length, packetNumber: 1, packetNumberLength: 2);

        Assert.Equal(Hex(SamplePackets.ServerInitial), packet);
    }

    [Fact]
    [Rfc(9001, "A.4")]
    [Rfc(9001, "5.8")]
    public void Retry_has_the_tag_of_the_sample()
    {
        byte[] retry = Hex("ff000000010008f067a5502a4262b5746f6b656e04a265ba2eff4d829058fb3f0f2496ba");
        byte[] tag = new byte[RetryIntegrity.TagLength];

        RetryIntegrity.ComputeTag(QuicVersion.V1, s_connectionId, retry.AsSpan()[..^16], tag);

        Assert.Equal(retry[^16..], tag);
    }

    [Fact]
    [Rfc(9001, "A.5")]
    public void ChaCha20_short_header_packet_is_protected_as_in_the_sample()
    {
        byte[] secret = Hex("9ac312a7f877468ebe69422748ad00a15443f18203a07d6060f688f30f21632b");
        byte[] packet = [.. Hex("4200bff4"), 0x01, .. new byte[16]];
        using PacketProtection keys = PacketProtection.Create(QuicVersion.V1, CipherSuite.ChaCha20Poly1305Sha256, secret);

        Protect(keys, packet, headerLength: 4, packetNumber: 654360564, packetNumberLength: 3);

        Assert.Equal(Hex("4cfe4189655e5cd55c41f69080575d7999c25a5bfb"), packet);
    }

    [Fact]
    [Rfc(9001, "6.1")]
    public void Next_keys_seal_with_the_updated_secret_and_keep_header_protection()
    {
        byte[] secret = Hex("9ac312a7f877468ebe69422748ad00a15443f18203a07d6060f688f30f21632b");
        byte[] updated = Hex("1223504755036d556342ee9361d253421a826c9ecdf3c7148684b36b714881f9");
        using PacketProtection keys = PacketProtection.Create(QuicVersion.V1, CipherSuite.ChaCha20Poly1305Sha256, secret);
        using PacketProtection next = keys.CreateNext();
        using PacketProtection expected = PacketProtection.Create(QuicVersion.V1, CipherSuite.ChaCha20Poly1305Sha256, updated);
        byte[] sample = Hex("5e5cd55c41f69080575d7999c25a5bfb");
        byte[] mask = new byte[PacketProtection.MaskLength];
        byte[] a = new byte[100];
        byte[] b = new byte[100];

        next.HeaderMask(sample, mask);
        next.Seal(7, [1, 2, 3], a);
        expected.Seal(7, [1, 2, 3], b);

        Assert.Equal(Hex("aefefe7d03"), mask);
        Assert.Equal(b, a);
        keys.Dispose();
        next.HeaderMask(sample, mask);
        Assert.Equal(Hex("aefefe7d03"), mask);
    }

    [Fact]
    [Rfc(9369, "A.2")]
    public void Client_initial_of_version_2_is_protected_and_opened_as_in_the_sample()
    {
        byte[] packet = new byte[1200];
        byte[] header = Hex("d36b3343cf088394c8f03e5157080000449e00000002");
        header.CopyTo(packet, 0);
        Hex(SamplePackets.ClientFrames).CopyTo(packet, header.Length);
        using PacketProtection keys = InitialKeys.Create(QuicVersion.V2, s_connectionId, EndpointRole.Client);

        Protect(keys, packet, header.Length, packetNumber: 2, packetNumberLength: 4);

        Assert.Equal(Hex(SamplePacketsV2.ClientInitial), packet);
        Assert.True(PacketHeader.TryRead(packet, 8, out PacketHeader read));
        Assert.Equal((PacketType.Initial, QuicVersion.V2), (read.Type, read.Version));
        Assert.True(Unprotect(keys, packet, packetNumberOffset: 18, packetNumber: 2, packetNumberLength: 4));
        Assert.Equal(header, packet[..22]);
    }

    [Fact]
    [Rfc(9369, "A.3")]
    public void Server_initial_of_version_2_is_protected_as_in_the_sample()
    {
        byte[] header = Hex("d16b3343cf0008f067a5502a4262b50040750001");
        byte[] packet = [.. header, .. Hex(SamplePackets.ServerFrames), .. new byte[16]];
        using PacketProtection keys = InitialKeys.Create(QuicVersion.V2, s_connectionId, EndpointRole.Server);

        Protect(keys, packet, header.Length, packetNumber: 1, packetNumberLength: 2);

        Assert.Equal(Hex(SamplePacketsV2.ServerInitial), packet);
    }

    [Fact]
    [Rfc(9369, "A.4")]
    public void Retry_of_version_2_has_the_tag_of_the_sample()
    {
        byte[] retry = Hex("cf6b3343cf0008f067a5502a4262b5746f6b656ec8646ce8bfe33952d955543665dcc7b6");
        byte[] tag = new byte[RetryIntegrity.TagLength];

        RetryIntegrity.ComputeTag(QuicVersion.V2, s_connectionId, retry.AsSpan()[..^16], tag);

        Assert.Equal(retry[^16..], tag);
        Assert.True(PacketHeader.TryRead(retry, 8, out PacketHeader read));
        Assert.Equal(PacketType.Retry, read.Type);
    }

    [Fact]
    [Rfc(9369, "A.5")]
    public void ChaCha20_short_header_packet_of_version_2_is_protected_as_in_the_sample()
    {
        byte[] secret = Hex("9ac312a7f877468ebe69422748ad00a15443f18203a07d6060f688f30f21632b");
        byte[] packet = [.. Hex("4200bff4"), 0x01, .. new byte[16]];
        using PacketProtection keys = PacketProtection.Create(QuicVersion.V2, CipherSuite.ChaCha20Poly1305Sha256, secret);

        Protect(keys, packet, headerLength: 4, packetNumber: 654360564, packetNumberLength: 3);

        Assert.Equal(Hex("5558b1c60ae7b6b932bc27d786f4bc2bb20f2162ba"), packet);
        using PacketProtection next = keys.CreateNext();
        using PacketProtection expected = PacketProtection.Create(
            QuicVersion.V2, CipherSuite.ChaCha20Poly1305Sha256, Hex("c69374c49e3d2a9466fa689e49d476db5d0dfbc87d32ceeaa6343fd0ae4c7d88"));
        byte[] a = new byte[40];
        byte[] b = new byte[40];
        next.Seal(1, [1], a);
        expected.Seal(1, [1], b);
        Assert.Equal(b, a);
    }

    [Theory]
    [Rfc(9369, "3.2")]
    [InlineData(QuicVersion.V1, 0, 1, 2, 3)]
    [InlineData(QuicVersion.V2, 1, 2, 3, 0)]
    internal void Each_version_has_its_type_bits(QuicVersion version, int initial, int zeroRtt, int handshake, int retry)
    {
        PacketType[] types = [PacketType.Initial, PacketType.ZeroRtt, PacketType.Handshake, PacketType.Retry];
        Assert.Equal([initial, zeroRtt, handshake, retry], types.Select(type => LongPacketType.ToBits(type, version) >> 4));
        Assert.All(types, type => Assert.Equal(type, LongPacketType.FromBits((byte)(0xC0 | LongPacketType.ToBits(type, version)), version)));
    }

    private static byte[] Hex(string text) => Convert.FromHexString(text);

    private static void Protect(PacketProtection keys, byte[] packet, int headerLength, ulong packetNumber, int packetNumberLength)
    {
        keys.Seal(packetNumber, packet.AsSpan(0, headerLength), packet.AsSpan(headerLength));
        ApplyMask(keys, packet, headerLength - packetNumberLength, packetNumberLength);
    }

    private static bool Unprotect(PacketProtection keys, byte[] packet, int packetNumberOffset, ulong packetNumber, int packetNumberLength)
    {
        ApplyMask(keys, packet, packetNumberOffset, packetNumberLength);
        int headerLength = packetNumberOffset + packetNumberLength;
        return keys.TryOpen(packetNumber, packet.AsSpan(0, headerLength), packet.AsSpan(headerLength));
    }

    private static void ApplyMask(PacketProtection keys, byte[] packet, int packetNumberOffset, int packetNumberLength)
    {
        Span<byte> mask = stackalloc byte[PacketProtection.MaskLength];
        keys.HeaderMask(packet.AsSpan(packetNumberOffset + 4, PacketProtection.SampleLength), mask);
        packet[0] ^= (byte)(mask[0] & ((packet[0] & 0x80) != 0 ? 0x0f : 0x1f));
        for (int i = 0; i < packetNumberLength; i++)
        {
            packet[packetNumberOffset + i] ^= mask[1 + i];
        }
    }
}
