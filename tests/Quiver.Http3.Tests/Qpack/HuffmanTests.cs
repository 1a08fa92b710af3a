using System.Text;
using Quiver.Http3.Qpack;

namespace Quiver.Http3.Tests.Qpack;

public sealed class HuffmanTests
{
    [Theory]
    [InlineData("www.example.com", "f1e3c2e5f23a6ba0ab90f4ff")]
    [InlineData("no-cache", "a8eb10649cbf")]
    [InlineData("custom-value", "25a849e95bb8e8b4bf")]
    [InlineData("302", "6402")]
    [InlineData("Mon, 21 Oct 2013 20:13:21 GMT", "d07abe941054d444a8200595040b8166e082a62d1bff")]
    [InlineData("foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1", "94e7821dd7f2e6c7b335dfdfcd5b3960d5af27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007")]
    public void Examples_of_the_RFC(string text, string code)
    {
        byte[] encoded = new byte[Huffman.EncodedLength(text)];
        Huffman.Encode(text, encoded);
        Assert.Equal(code, Convert.ToHexStringLower(encoded));
        Assert.Equal(text, Decode(encoded));
    }

    [Fact]
    public void Every_byte_survives_beside_every_other()
    {
        for (int first = 0; first < 256; first++)
        {
            for (int second = 0; second < 256; second++)
            {
                string text = new([(char)first, (char)second]);
                byte[] encoded = new byte[Huffman.EncodedLength(text)];
                Huffman.Encode(text, encoded);
                Assert.Equal(text, Decode(encoded));
            }
        }
    }

    [Theory]
    [InlineData("ffffffff")] // the end-of-string code
    [InlineData("f8ff")] // eight bits of padding
    [InlineData("18")] // padding of zeros
    [InlineData("f1e3c2e5f23a6ba0ab90f4fe")]
    public void What_is_no_code_is_refused(string code) => Assert.Null(Decode(Convert.FromHexString(code)));

    [Fact]
    public void Text_longer_than_the_destination_is_refused()
    {
        byte[] encoded = new byte[Huffman.EncodedLength("aaaa")];
        Huffman.Encode("aaaa", encoded);
        Assert.False(Huffman.TryDecode(encoded, new char[3], out _));
    }

    private static string? Decode(byte[] encoded)
    {
        char[] text = new char[encoded.Length * 2];
        return Huffman.TryDecode(encoded, text, out int written) ? new StringBuilder().Append(text, 0, written).ToString() : null;
    }
}
