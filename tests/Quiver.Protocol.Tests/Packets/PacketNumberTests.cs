using CsCheck;
using Quiver.Protocol.Packets;
using Quiver.Testing;

namespace Quiver.Protocol.Tests.Packets;

[Rfc(9000, "17.1")]
public sealed class PacketNumberTests
{
    [Theory]
    [Rfc(9000, "A.2")]
    [InlineData(0xAC5C02, 0xABE8B3, 2)]
    [InlineData(0xACE8FE, 0xABE8B3, 3)]
    public void Examples_of_encoding(ulong number, long acknowledged, int length) =>
        Assert.Equal(length, PacketNumberCodec.Length(number, acknowledged));

    [Fact]
    [Rfc(9000, "A.3")]
    public void Example_of_decoding() => Assert.Equal(0xA82F9B32UL, PacketNumberCodec.Restore(0xA82F30EA + 1, 0x9B32, 2));

    [Fact]
    public void Every_number_is_restored_by_a_receiver_that_has_seen_what_it_acknowledged() =>
        Gen.Select(Gen.ULong[0, 1UL << 61], Gen.ULong[0, 1 << 20], Gen.ULong[0, 1 << 20]).Sample((start, gap, seen) =>
        {
            ulong number = start + gap + 1;
            ulong largestSeen = start + (seen % (gap + 1));
            int length = PacketNumberCodec.Length(number, (long)start);
            byte[] bytes = new byte[length];
            PacketNumberCodec.Write(bytes, number, length);
            Assert.Equal(number, PacketNumberCodec.Restore(largestSeen + 1, PacketNumberCodec.ReadTruncated(bytes), length));
        });
}
