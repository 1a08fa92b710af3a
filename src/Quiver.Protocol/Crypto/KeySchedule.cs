using System.Security.Cryptography;

namespace Quiver.Protocol.Crypto;

/// <summary>
/// The TLS 1.3 key schedule: a chain of secrets, each extracted from the one before it. RFC 9846 §7.1.
/// Without a PSK the early secret is a constant, and so is what is derived from it: both are computed once.
/// </summary>
internal sealed class KeySchedule(CipherSuite suite) : IDisposable
{
    /// <summary>The longest hash: SHA-384.</summary>
    public const int MaxHashLength = 48;

    private readonly byte[] _secret = new byte[KeyScheduleHash.Of(suite).Length];
    private readonly KeyScheduleHash _hash = KeyScheduleHash.Of(suite);
    private bool _hasPsk;

    public CipherSuite Suite { get; } = suite;

    public int HashLength => _hash.Length;

    /// <summary>The early secret of a PSK; without this call there is none.</summary>
    public void EnterEarly(ReadOnlySpan<byte> psk)
    {
        HKDF.Extract(_hash.Name, psk, _hash.Zeros, _secret);
        _hasPsk = true;
    }

    /// <summary>From the early secret to the handshake secret, with the shared secret of the key exchange.</summary>
    public void EnterHandshake(ReadOnlySpan<byte> sharedSecret)
    {
        Span<byte> derived = stackalloc byte[MaxHashLength];
        derived = derived[..HashLength];
        if (_hasPsk)
        {
            Derive("derived"u8, _hash.OfNothing, derived);
        }
        else
        {
            _hash.EarlyDerived.CopyTo(derived);
        }

        HKDF.Extract(_hash.Name, sharedSecret, derived, _secret);
        CryptographicOperations.ZeroMemory(derived);
    }

    /// <summary>From the handshake secret to the main secret.</summary>
    public void EnterMain()
    {
        Span<byte> derived = stackalloc byte[MaxHashLength];
        derived = derived[..HashLength];
        Derive("derived"u8, _hash.OfNothing, derived);
        HKDF.Extract(_hash.Name, _hash.Zeros, derived, _secret);
        CryptographicOperations.ZeroMemory(derived);
    }

    /// <summary>Derive-Secret from the current secret of the chain.</summary>
    public void Derive(ReadOnlySpan<byte> label, ReadOnlySpan<byte> transcriptHash, Span<byte> output) =>
        HkdfLabel.Expand(Suite, _secret, label, transcriptHash, output);

    /// <summary>The verify_data of Finished. RFC 9846 §4.5.3.</summary>
    public void ComputeFinished(ReadOnlySpan<byte> trafficSecret, ReadOnlySpan<byte> transcriptHash, Span<byte> verifyData)
    {
        Span<byte> key = stackalloc byte[MaxHashLength];
        key = key[..HashLength];
        HkdfLabel.Expand(Suite, trafficSecret, "finished"u8, [], key);
        _hash.Authenticate(key, transcriptHash, verifyData);
        CryptographicOperations.ZeroMemory(key);
    }

    /// <summary>The binder of a PSK over the hash of a ClientHello without its binders; the secret is the early one. RFC 9846 §4.3.11.2.</summary>
    public void ComputeBinder(ReadOnlySpan<byte> transcriptHash, Span<byte> binder)
    {
        Span<byte> key = stackalloc byte[MaxHashLength];
        key = key[..HashLength];
        Derive("res binder"u8, _hash.OfNothing, key);
        ComputeFinished(key, transcriptHash, binder);
        CryptographicOperations.ZeroMemory(key);
    }

    public void Dispose() => CryptographicOperations.ZeroMemory(_secret);
}
