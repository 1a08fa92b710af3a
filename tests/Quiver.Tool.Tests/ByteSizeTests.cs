using Quiver.Tool.Output;

namespace Quiver.Tool.Tests;

public sealed class ByteSizeTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("1000", 1000)]
    [InlineData("64KiB", 65_536)]
    [InlineData("64k", 65_536)]
    [InlineData("256 MiB", 268_435_456)]
    [InlineData("1GB", 1_073_741_824)]
    public void Sizes_are_read(string text, long size)
    {
        Assert.True(ByteSize.TryParse(text, out long actual));
        Assert.Equal(size, actual);
    }

    [Theory]
    [InlineData("")]
    [InlineData("MiB")]
    [InlineData("-1")]
    [InlineData("1.5MiB")]
    [InlineData("1 parsec")]
    [InlineData("99999999999999999999")]
    [InlineData("9999999999 TiB")]
    public void What_is_no_size_is_refused(string text) => Assert.False(ByteSize.TryParse(text, out _));

    [Theory]
    [InlineData(0, "0 B")]
    [InlineData(1023, "1023 B")]
    [InlineData(1536, "1.5 KiB")]
    [InlineData(268_435_456, "256 MiB")]
    public void Sizes_are_shown(long size, string text) => Assert.Equal(text, ByteSize.Format(size));
}
