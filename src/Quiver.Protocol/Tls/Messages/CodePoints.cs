using System.Buffers.Binary;
using System.Text;

namespace Quiver.Protocol.Tls.Messages;

/// <summary>A list of 16-bit code points as it stands on the wire: suites, groups, versions, signature schemes.</summary>
internal readonly ref struct CodePoints(ReadOnlySpan<byte> bytes)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;

    public int Count => _bytes.Length / 2;

    public ushort this[int index] => BinaryPrimitives.ReadUInt16BigEndian(_bytes[(2 * index)..]);

    public bool Contains(ushort value) => IndexOf(value) >= 0;

    public int IndexOf(ushort value)
    {
        for (int i = 0; i < Count; i++)
        {
            if (this[i] == value)
            {
                return i;
            }
        }

        return -1;
    }

    public bool SequenceEqual(CodePoints other) => _bytes.SequenceEqual(other._bytes);

    /// <summary>For error messages: the first few in hexadecimal.</summary>
    public override string ToString()
    {
        const int Shown = 16;
        StringBuilder text = new();
        for (int i = 0; i < Math.Min(Count, Shown); i++)
        {
            text.Append(i == 0 ? "0x" : ", 0x").Append(this[i].ToString("x4", System.Globalization.CultureInfo.InvariantCulture));
        }

        return (Count > Shown ? text.Append(", …") : text).ToString();
    }
}
