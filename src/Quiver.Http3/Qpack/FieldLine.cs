namespace Quiver.Http3.Qpack;

/// <summary>A name and a value; one character is one byte (ISO 8859-1), so that any bytes survive. RFC 9204 §1.1.</summary>
internal readonly record struct FieldLine(string Name, string Value)
{
    /// <summary>What a table entry counts beside its text. RFC 9204 §3.2.1.</summary>
    private const int Overhead = 32;

    /// <summary>Bytes in the dynamic table, and against the limit of a field section. RFC 9114 §4.2.2.</summary>
    public int Size => Name.Length + Value.Length + Overhead;
}
