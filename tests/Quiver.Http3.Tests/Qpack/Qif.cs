using System.Buffers.Binary;
using System.Text;
using Quiver.Http3.Qpack;

namespace Quiver.Http3.Tests.Qpack;

/// <summary>The files of the QPACK interop tests: field sections as text, and what encoders made of them.</summary>
internal static class Qif
{
    public static string Folder => TestVectors.Path("qpack");

    public static IReadOnlyList<FieldLine[]> Read(string name)
    {
        List<FieldLine[]> sections = [];
        List<FieldLine> lines = [];
        foreach (string text in File.ReadAllLines(Path.Combine(Folder, "qifs", name + ".qif"), Encoding.Latin1).Append(string.Empty))
        {
            if (text.Length == 0)
            {
                if (lines.Count > 0)
                {
                    sections.Add([.. lines]);
                    lines.Clear();
                }
            }
            else if (text[0] != '#')
            {
                int tab = text.IndexOf('\t', StringComparison.Ordinal);
                lines.Add(new FieldLine(text[..tab], text[(tab + 1)..]));
            }
        }

        return sections;
    }

    /// <summary>Blocks of an encoded file: stream 0 is the encoder stream.</summary>
    public static IEnumerable<(long Stream, byte[] Bytes)> ReadEncoded(string path)
    {
        byte[] file = File.ReadAllBytes(path);
        for (int at = 0; at < file.Length;)
        {
            long stream = BinaryPrimitives.ReadInt64BigEndian(file.AsSpan(at));
            int length = BinaryPrimitives.ReadInt32BigEndian(file.AsSpan(at + 8));
            yield return (stream, file[(at + 12)..(at + 12 + length)]);
            at += 12 + length;
        }
    }
}
