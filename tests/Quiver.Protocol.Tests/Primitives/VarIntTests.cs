using CsCheck;
using Quiver.Protocol.Primitives;
using Quiver.Testing;

namespace Quiver.Protocol.Tests.Primitives;

[Rfc(9000, "16")]
public sealed class VarIntTests
{
    [Theory]
    [Rfc(9000, "A.1")]
    [InlineData("c2197c5eff14e88c", 151_288_809_941_952_652UL)]
    [InlineData("9d7f3e7d", 494_878_333UL)]
    [InlineData("7bbd", 15_293UL)]
    [InlineData("25", 37UL)]
    [InlineData("4025", 37UL)]
    public void Examples_of_the_RFC_are_read(string hex, ulong expected)
    {
        byte[] bytes = Convert.FromHexString(hex);
        Assert.True(VarInt.TryRead(bytes, out ulong value, out int length));
        Assert.Equal(expected, value);
        Assert.Equal(bytes.Length, length);
        Assert.False(VarInt.TryRead(bytes.AsSpan(0, bytes.Length - 1), out _, out _));
    }

    [Fact]
    public void What_is_written_is_read_in_the_shortest_form() => Gen.ULong[0, VarInt.MaxValue].Sample(value =>
    {
        for (int shift = 0; shift < 62; shift += 5)
        {
            ulong number = value >> shift;
            byte[] bytes = new byte[VarInt.MaxLength];
            int length = VarInt.Write(bytes, number);
            Assert.True(VarInt.TryRead(bytes.AsSpan(0, length), out ulong read, out int consumed));
            Assert.Equal(number, read);
            Assert.Equal(length, consumed);
            Assert.True(length == 1 || number >= 1UL << ((4 * length) - 2));
        }
    });
}
