using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using System.Security.Cryptography;
using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.Crypto.MLKem;

/// <summary>
/// ML-KEM-768 on AVX2. A pair keeps Â, t̂ and ŝ, so that decapsulation has neither to read nor to expand a key. The time does not
/// depend on secrets. FIPS 203 §6, §7.
/// </summary>
internal sealed class VectorMLKem768 : IMLKemKeyPair
{
    private const int ValueLength = 32;
    private const int RejectionOffset = KeyPolynomials.ByteLength;
    private const int HashOffset = RejectionOffset + ValueLength;
    private const int MemoryLength = HashOffset + ValueLength;

    private readonly byte[] _encapsulationKey = new byte[MLKem768.EncapsulationKeyLength];

    // The polynomials, z and H(ek).
    private byte[]? _memory = KeyMemory.Rent(MemoryLength);

    /// <summary>Algorithms 16 and 19.</summary>
    public VectorMLKem768(IRandomSource random)
    {
        Span<byte> seed = stackalloc byte[2 * ValueLength];
        random.Fill(seed);
        byte[]? rented = KeyMemory.Rent(Scratch.ByteLength);
        PublicKeyEncryption.GenerateKey(seed[..ValueLength], new KeyPolynomials(_memory), _encapsulationKey, new Scratch(rented));
        KeyMemory.Return(ref rented);
        seed[ValueLength..].CopyTo(_memory.AsSpan(RejectionOffset));
        Sponge.H(_encapsulationKey, _memory.AsSpan(HashOffset));
        CryptographicOperations.ZeroMemory(seed);
    }

    public static bool IsSupported => Avx2.IsSupported;

    public ReadOnlySpan<byte> EncapsulationKey => _encapsulationKey;

    /// <summary>False when the key fails the checks of its length and of its modulus. Algorithms 17 and 20, FIPS 203 §7.2.</summary>
    public static bool TryEncapsulate(
        ReadOnlySpan<byte> encapsulationKey, IRandomSource random, Span<byte> ciphertext, Span<byte> secret)
    {
        if (encapsulationKey.Length != MLKem768.EncapsulationKeyLength)
        {
            return false;
        }

        byte[]? rentedKey = KeyMemory.Rent(MemoryLength);
        byte[]? rentedScratch = KeyMemory.Rent(Scratch.ByteLength);
        KeyPolynomials key = new(rentedKey);
        Scratch scratch = new(rentedScratch);
        bool valid = PublicKeyEncryption.TryReadKey(encapsulationKey, key, scratch);
        if (valid)
        {
            Span<byte> message = stackalloc byte[ValueLength];
            Span<byte> hash = stackalloc byte[ValueLength];
            Span<byte> derived = stackalloc byte[2 * ValueLength];
            random.Fill(message);
            Sponge.H(encapsulationKey, hash);
            Sponge.G(message, hash, derived);
            PublicKeyEncryption.Encrypt(key, message, derived[ValueLength..], ciphertext[..MLKem768.CiphertextLength], scratch);
            derived[..ValueLength].CopyTo(secret);
            CryptographicOperations.ZeroMemory(message);
            CryptographicOperations.ZeroMemory(derived);
        }

        KeyMemory.Return(ref rentedScratch);
        KeyMemory.Return(ref rentedKey);
        return valid;
    }

    /// <summary>Algorithms 18 and 21.</summary>
    public void Decapsulate(ReadOnlySpan<byte> ciphertext, Span<byte> secret)
    {
        ObjectDisposedException.ThrowIf(_memory is null, this);
        if (ciphertext.Length != MLKem768.CiphertextLength)
        {
            throw new ArgumentException("The ciphertext's length is wrong.", nameof(ciphertext));
        }

        byte[]? rented = KeyMemory.Rent(Scratch.ByteLength);
        KeyPolynomials key = new(_memory);
        Scratch scratch = new(rented);
        Span<byte> message = stackalloc byte[ValueLength];
        Span<byte> derived = stackalloc byte[2 * ValueLength];
        Span<byte> rejected = stackalloc byte[ValueLength];
        PublicKeyEncryption.Decrypt(key, ciphertext, message, scratch);
        Sponge.G(message, _memory.AsSpan(HashOffset, ValueLength), derived);
        Sponge.J(_memory.AsSpan(RejectionOffset, ValueLength), ciphertext, rejected);
        PublicKeyEncryption.Encrypt(key, message, derived[ValueLength..], scratch.Ciphertext, scratch);
        Select(Differ(ciphertext, scratch.Ciphertext), rejected, derived, secret);

        CryptographicOperations.ZeroMemory(message);
        CryptographicOperations.ZeroMemory(derived);
        CryptographicOperations.ZeroMemory(rejected);
        KeyMemory.Return(ref rented);
    }

    public void Dispose() => KeyMemory.Return(ref _memory);

    // All ones when the two differ, else zero; without a branch, because which it is must not show.
    private static ulong Differ(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second)
    {
        ref byte a = ref MemoryMarshal.GetReference(first[..MLKem768.CiphertextLength]);
        ref byte b = ref MemoryMarshal.GetReference(second[..MLKem768.CiphertextLength]);
        Vector256<byte> differences = default;
        for (nuint i = 0; i < MLKem768.CiphertextLength; i += (nuint)Vector256<byte>.Count)
        {
            differences |= Vector256.LoadUnsafe(ref a, i) ^ Vector256.LoadUnsafe(ref b, i);
        }

        Vector256<ulong> lanes = differences.AsUInt64();
        ulong any = lanes[0] | lanes[1] | lanes[2] | lanes[3];
        return 0UL - ((any | (0UL - any)) >> 63);
    }

    private static void Select(ulong mask, ReadOnlySpan<byte> whenSet, ReadOnlySpan<byte> otherwise, Span<byte> result)
    {
        Vector256<byte> masks = Vector256.Create(mask).AsByte();
        Vector256<byte> chosen = (Vector256.Create(whenSet) & masks) | Vector256.AndNot(Vector256.Create(otherwise), masks);
        chosen.CopyTo(result);
    }
}
