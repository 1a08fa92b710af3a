using System.Buffers;
using Quiver.Http3.Qpack;

namespace Quiver.Http3.Tests.Qpack;

public sealed class EncoderTests(ITestOutputHelper output)
{
    public static MatrixTheoryData<string, int, int, bool> Settings => new(
        ["fb-req", "fb-resp", "netbsd"], [0, 256, 512, 4096], [0, 1, 100], [false, true]);

    /// <summary>Both encoder and decoder are ours, what goes between them comes late and in any order between streams.</summary>
    [Theory]
    [MemberData(nameof(Settings))]
    public void What_is_encoded_is_decoded(string qif, int capacity, int maxBlocked, bool isAcknowledgedAtOnce)
    {
        IReadOnlyList<FieldLine[]> sections = Qif.Read(qif);
        var link = new QpackLink(capacity, maxBlocked, seed: capacity + maxBlocked) { IsAcknowledgedAtOnce = isAcknowledgedAtOnce };
        for (int i = 0; i < sections.Count; i++)
        {
            link.Send(4 * i, sections[i]);
        }

        link.DeliverAll();
        Assert.Equal(sections, link.Received.Values);
        Assert.InRange(link.MostBlocked, 0, maxBlocked);
        output.WriteLine($"{link.SectionBytes + link.InstructionBytes} bytes, {link.InstructionBytes} of them instructions");
    }

    /// <summary>As in the interop files: sections are decoded in order, acknowledged at once or never.</summary>
    [Theory]
    [InlineData("fb-req", 4096, 100, true)]
    [InlineData("fb-req", 4096, 100, false)]
    [InlineData("fb-req", 4096, 0, false)]
    [InlineData("fb-req", 512, 100, false)]
    [InlineData("fb-req", 256, 100, false)]
    [InlineData("fb-req", 0, 0, false)]
    [InlineData("netbsd", 4096, 100, true)]
    [InlineData("netbsd", 4096, 100, false)]
    [InlineData("netbsd", 4096, 0, false)]
    [InlineData("netbsd", 512, 100, false)]
    [InlineData("netbsd", 256, 100, false)]
    [InlineData("netbsd", 0, 0, false)]
    public void Compresses_as_well_as_others(string qif, int capacity, int maxBlocked, bool isAcknowledged)
    {
        var encoder = new QpackEncoder();
        var decoder = new QpackDecoder(capacity, maxBlocked, 1 << 20);
        encoder.Start(capacity, maxBlocked, capacity);
        long ours = 0;
        long plain = 0;
        var section = new ArrayBufferWriter<byte>();
        long stream = 0;
        foreach (FieldLine[] lines in Qif.Read(qif))
        {
            stream++;
            section.ResetWrittenCount();
            encoder.Encode(stream, lines, section);
            ours += encoder.Instructions.WrittenCount + section.WrittenCount;
            plain += lines.Sum(line => line.Name.Length + line.Value.Length);
            decoder.ReceiveEncoderStream(encoder.Instructions.WrittenSpan);
            encoder.Instructions.ResetWrittenCount();
            List<FieldLine> decoded = [];
            Assert.Equal(SectionResult.Complete, decoder.Decode(stream, section.WrittenSpan, decoded));
            Assert.Equal(lines, decoded);
            if (isAcknowledged)
            {
                decoder.AcknowledgeInsertions();
                encoder.ReceiveDecoderStream(decoder.Instructions.WrittenSpan);
            }

            decoder.Instructions.ResetWrittenCount();
        }

        string file = $"{qif}.out.{capacity}.{maxBlocked}.{(isAcknowledged ? 1 : 0)}";
        long[] others = [.. new[] { "nghttp3", "ls-qpack" }.Select(
            encoder => Qif.ReadEncoded(Path.Combine(Qif.Folder, "encoded", encoder, file)).Sum(block => (long)block.Bytes.Length))];
        output.WriteLine($"{file}: {plain} bytes as text; Quiver {ours}, nghttp3 {others[0]}, ls-qpack {others[1]}");
        Assert.True(ours <= others.Max() * 1.05, $"{ours} bytes; nghttp3 {others[0]}, ls-qpack {others[1]}");
    }

    [Fact]
    public void Secrets_are_never_indexed()
    {
        var encoder = new QpackEncoder();
        encoder.Start(4096, 100, 4096);
        encoder.Instructions.ResetWrittenCount();
        var section = new ArrayBufferWriter<byte>();
        encoder.Encode(0, [new FieldLine("authorization", "Basic c2VjcmV0OnNlY3JldA=="), new FieldLine("cookie", "id=1")], section);
        Assert.Equal(0, encoder.Instructions.WrittenCount);
        // The bit that tells others on the way: RFC 9204 §4.5.4.
        Assert.Equal(0x70, section.WrittenSpan[2] & 0xf0);
    }

    [Theory]
    [Rfc(9204, "4.4.3")]
    [InlineData("00")] // an increment of nothing
    [InlineData("02")] // more than was inserted
    [InlineData("84")] // a section that was not sent
    public void Acknowledgments_that_cannot_be_are_refused(string instructions)
    {
        var encoder = new QpackEncoder();
        encoder.Start(4096, 100, 4096);
        encoder.Encode(0, [new FieldLine("x-one", "value")], new ArrayBufferWriter<byte>());
        Http3ProtocolException thrown = Assert.Throws<Http3ProtocolException>(
            () => encoder.ReceiveDecoderStream(Convert.FromHexString(instructions)));
        Assert.Equal(Http3ErrorCode.QpackDecoderStreamError, thrown.Code);
    }

    [Fact]
    public void A_peer_that_acknowledges_nothing_costs_bounded_memory()
    {
        var encoder = new QpackEncoder();
        encoder.Start(4096, 1_000_000, 4096);
        var section = new ArrayBufferWriter<byte>();
        for (int i = 0; i < 10_000; i++)
        {
            section.ResetWrittenCount();
            encoder.Encode(i, [new FieldLine("x-one", "value")], section);
        }

        // From here on it is sent as it is.
        Assert.Equal("0000", Convert.ToHexString(section.WrittenSpan[..2]));
        Assert.True(section.WrittenCount > 10);
    }

    [Fact]
    public void Before_the_peers_settings_only_the_static_table_is_used()
    {
        var encoder = new QpackEncoder();
        var section = new ArrayBufferWriter<byte>();
        encoder.Encode(0, [new FieldLine(":method", "GET"), new FieldLine("x-one", "value")], section);
        Assert.Equal(0, encoder.Instructions.WrittenCount);
        List<FieldLine> lines = [];
        new QpackDecoder(0, 0, 4096).Decode(0, section.WrittenSpan, lines);
        Assert.Equal(2, lines.Count);
    }
}
