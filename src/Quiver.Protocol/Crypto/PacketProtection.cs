using System.Buffers.Binary;
using System.Security.Cryptography;
using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.Crypto;

/// <summary>
/// The keys of one direction at one encryption level: AEAD and header protection. RFC 9001 §5.
/// One object is kept per key; sealing and opening allocate nothing. Not thread-safe.
/// </summary>
internal sealed class PacketProtection : IDisposable
{
    public const int TagLength = 16;
    public const int SampleLength = 16;
    public const int MaskLength = 5;

    private const int NonceLength = 12;
    private const int MaxKeyLength = 32;

    private readonly VersionConstants _version;
    private readonly IAead _aead;
    private readonly IHeaderProtection _headerProtection;

    // Kept for the next key phase, in this order: secret, header protection key. Pinned, so that the collector leaves no copies.
    private byte[]? _secrets;

    // The IV as an integer of 96 bits, big-endian: its first 4 bytes, and the 8 that the packet number is mixed into.
    private readonly uint _ivHigh;
    private readonly ulong _ivLow;

    private PacketProtection(
        VersionConstants version, CipherSuite suite, ReadOnlySpan<byte> secret, ReadOnlySpan<byte> headerProtectionKey, AeadImplementation use)
    {
        _version = version;
        Suite = suite;
        _secrets = KeyMemory.Rent(secret.Length + headerProtectionKey.Length);
        secret.CopyTo(_secrets);
        headerProtectionKey.CopyTo(_secrets.AsSpan(secret.Length));
        Implementation = use;

        Span<byte> key = stackalloc byte[MaxKeyLength];
        key = key[..Aeads.KeyLength(suite)];
        Span<byte> iv = stackalloc byte[NonceLength];
        HkdfLabel.Expand(suite, secret, version.KeyLabel, [], key);
        HkdfLabel.Expand(suite, secret, version.IvLabel, [], iv);
        _ivHigh = BinaryPrimitives.ReadUInt32BigEndian(iv);
        _ivLow = BinaryPrimitives.ReadUInt64BigEndian(iv[4..]);
        _aead = Aeads.Create(suite, key, use);
        _headerProtection = Aeads.CreateHeaderProtection(suite, headerProtectionKey, use);
        CryptographicOperations.ZeroMemory(key);
    }

    public CipherSuite Suite { get; }

    private AeadImplementation Implementation { get; }

    public static PacketProtection Create(QuicVersion version, CipherSuite suite, ReadOnlySpan<byte> secret) =>
        Create(version, suite, secret, AeadImplementation.Best);

    public static PacketProtection Create(QuicVersion version, CipherSuite suite, ReadOnlySpan<byte> secret, AeadImplementation use)
    {
        VersionConstants constants = VersionConstants.For(version);
        Span<byte> key = stackalloc byte[MaxKeyLength];
        key = key[..Aeads.KeyLength(suite)];
        HkdfLabel.Expand(suite, secret, constants.HeaderProtectionLabel, [], key);
        PacketProtection protection = new(constants, suite, secret, key, use);
        CryptographicOperations.ZeroMemory(key);
        return protection;
    }

    /// <summary>The keys of the next key phase; header protection stays as it is. RFC 9001 §6.1.</summary>
    public PacketProtection CreateNext()
    {
        int length = Aeads.HashLength(Suite);
        Span<byte> next = stackalloc byte[length];
        HkdfLabel.Expand(Suite, _secrets.AsSpan(0, length), _version.KeyUpdateLabel, [], next);
        PacketProtection protection = new(_version, Suite, next, _secrets.AsSpan(length), Implementation);
        CryptographicOperations.ZeroMemory(next);
        return protection;
    }

    /// <summary>Encrypts in place. The last <see cref="TagLength"/> bytes of <paramref name="payload"/> receive the tag.</summary>
    public void Seal(ulong packetNumber, ReadOnlySpan<byte> header, Span<byte> payload)
    {
        Span<byte> nonce = stackalloc byte[NonceLength];
        WriteNonce(packetNumber, nonce);
        _aead.Seal(nonce, header, payload);
    }

    /// <summary>Decrypts in place ciphertext and tag; false (and the content undefined) when the tag does not match.</summary>
    public bool TryOpen(ulong packetNumber, ReadOnlySpan<byte> header, Span<byte> payload)
    {
        Span<byte> nonce = stackalloc byte[NonceLength];
        WriteNonce(packetNumber, nonce);
        return _aead.TryOpen(nonce, header, payload);
    }

    /// <summary>The five mask bytes for a sample of <see cref="SampleLength"/> bytes. RFC 9001 §5.4.</summary>
    public void HeaderMask(ReadOnlySpan<byte> sample, Span<byte> mask) => _headerProtection.Mask(sample, mask);

    public void Dispose()
    {
        KeyMemory.Return(ref _secrets);
        _aead.Dispose();
        _headerProtection.Dispose();
    }

    // The packet number, left-padded, xored into the IV. RFC 9001 §5.3.
    private void WriteNonce(ulong packetNumber, Span<byte> nonce)
    {
        BinaryPrimitives.WriteUInt32BigEndian(nonce, _ivHigh);
        BinaryPrimitives.WriteUInt64BigEndian(nonce[4..], _ivLow ^ packetNumber);
    }
}
