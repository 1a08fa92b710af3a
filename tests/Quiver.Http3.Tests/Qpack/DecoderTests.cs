using System.Buffers;
using Quiver.Http3.Qpack;

namespace Quiver.Http3.Tests.Qpack;

public sealed class DecoderTests(ITestOutputHelper output)
{
    private const int MaxSectionSize = 1 << 20;

    public static TheoryData<string, string> Encoded()
    {
        TheoryData<string, string> files = [];
        foreach (string encoder in new[] { "ls-qpack", "nghttp3" })
        {
            foreach (string path in Directory.EnumerateFiles(Path.Combine(Qif.Folder, "encoded", encoder)).Order(StringComparer.Ordinal))
            {
                files.Add(encoder, Path.GetFileName(path));
            }
        }

        return files;
    }

    public static TheoryData<string> Errors() =>
        [.. Directory.EnumerateFiles(Path.Combine(Qif.Folder, "encoded", "errors")).Select(Path.GetFileName).OfType<string>()];

    [Theory]
    [MemberData(nameof(Encoded))]
    public void Decodes_what_other_encoders_made(string encoder, string file)
    {
        string[] parts = file.Split('.');
        IReadOnlyList<FieldLine[]> expected = Qif.Read(parts[0]);
        int capacity = int.Parse(parts[2], null);
        var decoder = new QpackDecoder(capacity, int.Parse(parts[3], null), MaxSectionSize);
        SortedDictionary<long, FieldLine[]> sections = Decode(decoder, capacity, Path.Combine(Qif.Folder, "encoded", encoder, file), cut: int.MaxValue);
        Assert.Equal(expected, sections.Values);
    }

    [Fact]
    public void Instructions_may_come_byte_by_byte()
    {
        IReadOnlyList<FieldLine[]> expected = Qif.Read("fb-req");
        var decoder = new QpackDecoder(4096, 100, MaxSectionSize);
        string path = Path.Combine(Qif.Folder, "encoded", "nghttp3", "fb-req.out.4096.100.1");
        Assert.Equal(expected, Decode(decoder, 4096, path, cut: 1).Values);
    }

    [Theory]
    [MemberData(nameof(Errors))]
    public void Refuses_what_is_wrong(string file)
    {
        var decoder = new QpackDecoder(4096, 100, MaxSectionSize);
        Http3ProtocolException thrown = Assert.Throws<Http3ProtocolException>(
            () => Decode(decoder, 4096, Path.Combine(Qif.Folder, "encoded", "errors", file), cut: int.MaxValue));
        Assert.True(thrown.Code is Http3ErrorCode.QpackDecompressionFailed or Http3ErrorCode.QpackEncoderStreamError);
    }

    /// <summary>RFC 9204 appendix B, one connection from B.1 to B.5.</summary>
    [Fact]
    [Rfc(9204, "B")]
    public void The_example_of_the_RFC()
    {
        var decoder = new QpackDecoder(220, 100, MaxSectionSize);
        AssertSection(decoder, 0, "0000510b2f696e6465782e68746d6c", (":path", "/index.html"));
        Assert.Equal(string.Empty, Instructions(decoder));

        Receive(decoder, "3fbd01c00f7777772e6578616d706c652e636f6dc10c2f73616d706c652f70617468");
        AssertSection(decoder, 4, "03811011", (":authority", "www.example.com"), (":path", "/sample/path"));
        Assert.Equal("84", Instructions(decoder));

        Receive(decoder, "4a637573746f6d2d6b65790c637573746f6d2d76616c7565");
        Assert.Equal("01", Instructions(decoder));

        List<FieldLine> lines = [];
        Assert.Equal(SectionResult.Blocked, decoder.Decode(8, Convert.FromHexString("050080c181"), lines));
        Receive(decoder, "02");
        Assert.True(decoder.IsUnblocked(8));
        Assert.Equal("01", Instructions(decoder));
        decoder.OnStreamCancelled(8);
        Assert.Equal("48", Instructions(decoder));

        Receive(decoder, "810d637573746f6d2d76616c756532");
        Assert.Equal(5ul, decoder.InsertCount);
    }

    [Fact]
    [Rfc(9204, "2.1.2")]
    public void More_blocked_streams_than_allowed_are_refused()
    {
        var decoder = new QpackDecoder(220, 1, MaxSectionSize);
        Assert.Equal(SectionResult.Blocked, decoder.Decode(0, [0x02, 0x00, 0x80], []));
        Assert.Equal(SectionResult.Blocked, decoder.Decode(0, [0x02, 0x00, 0x80], []));
        Assert.Throws<Http3ProtocolException>(() => decoder.Decode(4, [0x02, 0x00, 0x80], []));
    }

    [Fact]
    [Rfc(9114, "4.2.2")]
    public void A_section_beyond_the_limit_is_read_no_further()
    {
        var decoder = new QpackDecoder(0, 0, 100);
        List<FieldLine> lines = [];
        Assert.Equal(SectionResult.TooLarge, decoder.Decode(0, [0x00, 0x00, 0xc1, 0xc1, 0xc1, 0xc1], lines));
        Assert.Equal(2, lines.Count);
    }

    [Theory]
    [Rfc(9204, "4.3.1")]
    [InlineData("3fbe01")] // 221
    [InlineData("3fffffffffffffffff7f")]
    public void A_capacity_beyond_the_setting_is_refused(string instructions) => AssertRefused(instructions);

    [Theory]
    [Rfc(9204, "3.2.2")]
    [InlineData("c00161")] // the capacity is 0
    [InlineData("3fbd0141617fff7f")] // a string longer than the table
    [InlineData("3fbd0100")] // a duplicate of nothing
    [InlineData("3fbd01ff250161")] // static entry 100
    [InlineData("3fbd01800161")] // the name of nothing
    public void Instructions_that_cannot_be_are_refused(string instructions) => AssertRefused(instructions);

    private static void AssertRefused(string instructions)
    {
        var decoder = new QpackDecoder(220, 100, MaxSectionSize);
        Http3ProtocolException thrown = Assert.Throws<Http3ProtocolException>(() => Receive(decoder, instructions));
        Assert.Equal(Http3ErrorCode.QpackEncoderStreamError, thrown.Code);
    }

    [Fact]
    public void Any_bytes_are_decoded_or_refused()
    {
        int seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        int refused = 0;
        for (int round = 0; round < 20_000; round++)
        {
            var decoder = new QpackDecoder(512, 4, 4096);
            byte[] bytes = new byte[random.Next(1, 60)];
            random.NextBytes(bytes);
            try
            {
                Receive(decoder, "3fe103");
                decoder.ReceiveEncoderStream(bytes);
                decoder.Decode(0, bytes, []);
            }
            catch (Http3ProtocolException)
            {
                refused++;
            }
        }

        Assert.InRange(refused, 1, 20_000);
    }

    private static SortedDictionary<long, FieldLine[]> Decode(QpackDecoder decoder, int capacity, string path, int cut)
    {
        SortedDictionary<long, FieldLine[]> sections = [];
        Dictionary<long, byte[]> blocked = [];
        if (capacity > 0)
        {
            // The files leave it out: there, the table has its full capacity from the start.
            var setCapacity = new ArrayBufferWriter<byte>();
            QpackWriter.WriteInteger(setCapacity, 0x20, 5, (ulong)capacity);
            decoder.ReceiveEncoderStream(setCapacity.WrittenSpan);
        }

        foreach ((long stream, byte[] bytes) in Qif.ReadEncoded(path))
        {
            if (stream != 0)
            {
                DecodeSection(stream, bytes);
                continue;
            }

            foreach (byte[] piece in bytes.Chunk(cut))
            {
                decoder.ReceiveEncoderStream(piece);
                foreach (long ready in blocked.Keys.Where(decoder.IsUnblocked).ToArray())
                {
                    blocked.Remove(ready, out byte[]? section);
                    DecodeSection(ready, section!);
                }
            }
        }

        Assert.Empty(blocked);
        return sections;

        void DecodeSection(long stream, byte[] section)
        {
            List<FieldLine> lines = [];
            if (decoder.Decode(stream, section, lines) == SectionResult.Blocked)
            {
                blocked.Add(stream, section);
            }
            else
            {
                sections.Add(stream, [.. lines]);
            }
        }
    }

    private static void Receive(QpackDecoder decoder, string bytes) => decoder.ReceiveEncoderStream(Convert.FromHexString(bytes));

    private static string Instructions(QpackDecoder decoder)
    {
        decoder.AcknowledgeInsertions();
        string instructions = Convert.ToHexStringLower(decoder.Instructions.WrittenSpan);
        decoder.Instructions.ResetWrittenCount();
        return instructions;
    }

    private static void AssertSection(QpackDecoder decoder, long stream, string section, params (string Name, string Value)[] expected)
    {
        List<FieldLine> lines = [];
        Assert.Equal(SectionResult.Complete, decoder.Decode(stream, Convert.FromHexString(section), lines));
        Assert.Equal(expected.Select(line => new FieldLine(line.Name, line.Value)), lines);
    }
}
