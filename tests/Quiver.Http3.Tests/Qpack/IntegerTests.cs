using System.Buffers;
using Quiver.Http3.Qpack;

namespace Quiver.Http3.Tests.Qpack;

public sealed class IntegerTests
{
    [Theory]
    [InlineData(5, 10ul, "0a")]
    [InlineData(5, 1337ul, "1f9a0a")]
    [InlineData(8, 42ul, "2a")]
    [InlineData(8, 255ul, "ff00")]
    [InlineData(3, (1ul << 62) - 1, "07f8ffffffffffffff3f")]
    public void Examples_and_the_largest(int prefixBits, ulong value, string encoded)
    {
        var writer = new ArrayBufferWriter<byte>();
        QpackWriter.WriteInteger(writer, 0, prefixBits, value);
        Assert.Equal(encoded, Convert.ToHexStringLower(writer.WrittenSpan));
        QpackReader reader = new(writer.WrittenSpan, Http3ErrorCode.QpackDecompressionFailed);
        Assert.True(reader.TryReadInteger(prefixBits, out ulong read));
        Assert.Equal(value, read);
        Assert.True(reader.IsAtEnd);
    }

    [Theory]
    [InlineData("ff")]
    [InlineData("ff80")]
    [InlineData("ff8080")]
    public void What_is_not_all_there_is_awaited(string encoded)
    {
        QpackReader reader = new(Convert.FromHexString(encoded), Http3ErrorCode.QpackDecompressionFailed);
        Assert.False(reader.TryReadInteger(7, out _));
        Assert.Equal(0, reader.Position);
    }

    [Theory]
    [Rfc(9204, "4.1.1")]
    [InlineData("07ffffffffffffffffff7f")]
    [InlineData("07ffffffffffffffff7f")]
    [InlineData("0780808080808080808080808000")]
    public void Longer_than_62_bits_is_refused(string encoded)
    {
        Http3ProtocolException thrown = Assert.Throws<Http3ProtocolException>(() =>
        {
            QpackReader reader = new(Convert.FromHexString(encoded), Http3ErrorCode.QpackEncoderStreamError);
            _ = reader.TryReadInteger(3, out _);
        });
        Assert.Equal(Http3ErrorCode.QpackEncoderStreamError, thrown.Code);
    }
}
