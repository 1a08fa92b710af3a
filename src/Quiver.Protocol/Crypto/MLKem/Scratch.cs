using System.Runtime.InteropServices;

namespace Quiver.Protocol.Crypto.MLKem;

/// <summary>What an operation uses and leaves: rented, because it is too much for the stack, and zeroed on return.</summary>
internal readonly ref struct Scratch(Span<byte> memory)
{
    /// <summary>Bytes of the memory.</summary>
    public const int ByteLength = StatesOffset + (KeccakFour.Words * sizeof(ulong)) + PolynomialSampling.StreamLength
        + PublicKeyEncryption.CiphertextLength;

    private const int Length = NumberTheoreticTransform.Length;

    // Two batches of four.
    private const int NoisePolynomials = 8;
    private const int ProductPolynomials = 4;
    private const int PreparedOffset = NoisePolynomials * Length;
    private const int ProductsOffset = PreparedOffset + (KeyPolynomials.Rank * PolynomialProducts.PreparedLength);
    private const int Shorts = ProductsOffset + (ProductPolynomials * Length);
    private const int StatesOffset = Shorts * sizeof(short);
    private const int StreamOffset = StatesOffset + (KeccakFour.Words * sizeof(ulong));

    private readonly Span<short> _shorts = MemoryMarshal.Cast<byte, short>(memory[..StatesOffset]);
    private readonly Span<byte> _bytes = memory[..ByteLength];

    public Span<short> Noise => _shorts[..PreparedOffset];

    public Span<short> Prepared => _shorts[PreparedOffset..ProductsOffset];

    public Span<short> Products => _shorts[ProductsOffset..];

    public Span<ulong> States => MemoryMarshal.Cast<byte, ulong>(_bytes[StatesOffset..StreamOffset]);

    public Span<byte> Stream => _bytes.Slice(StreamOffset, PolynomialSampling.StreamLength);

    public Span<byte> Ciphertext => _bytes[(StreamOffset + PolynomialSampling.StreamLength)..];
}
