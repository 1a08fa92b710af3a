using System.Runtime.InteropServices;

namespace Quiver.Protocol.Crypto.MLKem;

/// <summary>A key's polynomials, all transformed: Â by rows, t̂, and ŝ for who has the secret. A view of rented memory.</summary>
internal readonly ref struct KeyPolynomials(Span<byte> memory)
{
    public const int Rank = 3;

    /// <summary>Bytes of the memory.</summary>
    public const int ByteLength = ((Rank * Rank) + (2 * Rank)) * Length * sizeof(short);

    private const int Length = NumberTheoreticTransform.Length;

    private readonly Span<short> _shorts = MemoryMarshal.Cast<byte, short>(memory[..ByteLength]);

    public Span<short> Matrix => _shorts[..(Rank * Rank * Length)];

    public Span<short> Public => _shorts.Slice(Rank * Rank * Length, Rank * Length);

    public Span<short> Secret => _shorts.Slice((Rank * Rank * Length) + (Rank * Length), Rank * Length);
}
