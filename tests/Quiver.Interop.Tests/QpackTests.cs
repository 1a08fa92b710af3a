using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using Quiver.Http3.Qpack;
using Quiver.Http3.Tests.Qpack;

namespace Quiver.Interop.Tests;

/// <summary>nghttp3's decoder judges our QPACK encoder, with any table and any number of blocked streams.</summary>
public sealed class QpackTests
{
    public static MatrixTheoryData<string, int, int, bool> Settings => new(["fb-req", "fb-resp", "netbsd"], [0, 256, 512, 4096], [0, 100], [false, true]);

    [Theory]
    [MemberData(nameof(Settings))]
    public async Task Nghttp3_decodes_what_we_encode(string qif, int capacity, int maxBlocked, bool isAcknowledged)
    {
        Installation.RequireQpackReference();
        IReadOnlyList<FieldLine[]> sections = Qif.Read(qif);
        string name = Path.Combine(Workspace.Scratch, $"{qif}-{capacity}-{maxBlocked}-{isAcknowledged}");
        await using (FileStream file = File.Create(name + ".bin"))
        {
            Encode(sections, capacity, maxBlocked, isAcknowledged, file);
        }

        await PeerProcess.RunAsync(
            Workspace.Scratch, "sh", "-c", $"'{Installation.QpackReference}' decode {capacity} {maxBlocked} < '{name}.bin' > '{name}.qif'");
        string expected = string.Concat(sections.Select(lines => string.Concat(lines.Select(line => $"{line.Name}\t{line.Value}\n")) + "\n"));
        Assert.Equal(expected, await File.ReadAllTextAsync(name + ".qif", Encoding.Latin1));
    }

    /// <summary>Records of the offline interop: stream id (0: the encoder stream), length, bytes.</summary>
    private static void Encode(IReadOnlyList<FieldLine[]> sections, int capacity, int maxBlocked, bool isAcknowledged, Stream file)
    {
        var encoder = new QpackEncoder();
        var decoder = new QpackDecoder(capacity, maxBlocked, 1 << 20);
        var section = new ArrayBufferWriter<byte>();
        encoder.Start(capacity, maxBlocked, capacity);
        for (int i = 0; i < sections.Count; i++)
        {
            section.ResetWrittenCount();
            encoder.Encode(i + 1, sections[i], section);
            Write(0, encoder.Instructions.WrittenSpan);
            Write(i + 1, section.WrittenSpan);
            decoder.ReceiveEncoderStream(encoder.Instructions.WrittenSpan);
            encoder.Instructions.ResetWrittenCount();
            decoder.Decode(i + 1, section.WrittenSpan, []);
            if (isAcknowledged)
            {
                decoder.AcknowledgeInsertions();
                encoder.ReceiveDecoderStream(decoder.Instructions.WrittenSpan);
            }

            decoder.Instructions.ResetWrittenCount();
        }

        void Write(long stream, ReadOnlySpan<byte> bytes)
        {
            if (bytes.IsEmpty)
            {
                return;
            }

            Span<byte> header = stackalloc byte[12];
            BinaryPrimitives.WriteInt64BigEndian(header, stream);
            BinaryPrimitives.WriteInt32BigEndian(header[8..], bytes.Length);
            file.Write(header);
            file.Write(bytes);
        }
    }
}
