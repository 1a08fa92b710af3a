using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Quiver.Protocol.Crypto;
using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.Tls.Resumption;

/// <summary>
/// One key of a server's tickets. Each ticket is sealed with AES-256-GCM under a key of its own, derived from this one and a random
/// salt, so that any number of tickets may be made and many servers may share the key.
/// <code>ticket: key name (8) | salt (16) | content | tag (16)</code>
/// </summary>
internal sealed class TicketKey
{
    public const int KeyLength = 32;

    private const int NameLength = 8;
    private const int SaltLength = 16;
    private const int NonceLength = 12;
    private const int TagLength = 16;
    private const int Overhead = NameLength + SaltLength + TagLength;

    private readonly byte[] _key;
    private readonly byte[] _name = new byte[NameLength];

    public TicketKey(ReadOnlySpan<byte> key)
    {
        if (key.Length != KeyLength)
        {
            throw new ArgumentException($"A ticket key has {KeyLength} bytes, not {key.Length}.", nameof(key));
        }

        _key = key.ToArray();
        HKDF.Expand(HashAlgorithmName.SHA256, _key, _name, "quiver ticket name"u8);
    }

    public byte[] Seal(ReadOnlySpan<byte> content, IRandomSource random)
    {
        byte[] ticket = new byte[Overhead + content.Length];
        _name.CopyTo(ticket, 0);
        random.Fill(ticket.AsSpan(NameLength, SaltLength));
        content.CopyTo(ticket.AsSpan(NameLength + SaltLength));
        Span<byte> nonce = stackalloc byte[NonceLength];
        using IAead aead = CreateAead(ticket.AsSpan(NameLength, SaltLength), nonce);
        aead.Seal(nonce, ticket.AsSpan(0, NameLength + SaltLength), ticket.AsSpan(NameLength + SaltLength));
        return ticket;
    }

    public bool TryOpen(ReadOnlySpan<byte> ticket, [NotNullWhen(true)] out byte[]? content)
    {
        content = null;
        if (ticket.Length < Overhead || !ticket[..NameLength].SequenceEqual(_name))
        {
            return false;
        }

        byte[] payload = ticket[(NameLength + SaltLength)..].ToArray();
        Span<byte> nonce = stackalloc byte[NonceLength];
        using IAead aead = CreateAead(ticket.Slice(NameLength, SaltLength), nonce);
        if (!aead.TryOpen(nonce, ticket[..(NameLength + SaltLength)], payload))
        {
            return false;
        }

        content = payload[..^TagLength];
        CryptographicOperations.ZeroMemory(payload);
        return true;
    }

    private IAead CreateAead(ReadOnlySpan<byte> salt, Span<byte> nonce)
    {
        Span<byte> info = stackalloc byte["quiver ticket"u8.Length + SaltLength];
        "quiver ticket"u8.CopyTo(info);
        salt.CopyTo(info["quiver ticket"u8.Length..]);
        Span<byte> derived = stackalloc byte[KeyLength + NonceLength];
        HKDF.Expand(HashAlgorithmName.SHA256, _key, derived, info);
        derived[KeyLength..].CopyTo(nonce);
        IAead aead = Aeads.Create(CipherSuite.Aes256GcmSha384, derived[..KeyLength]);
        CryptographicOperations.ZeroMemory(derived);
        return aead;
    }
}
