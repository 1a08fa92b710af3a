using System.Security.Cryptography;
using Quiver.Protocol.Crypto;

namespace Quiver.Protocol.Tls.Resumption;

/// <summary>What is derived from the key of a ticket before a suite is negotiated, and that key itself. RFC 9846 §4.7.1, §7.1.</summary>
internal static class PskSecrets
{
    /// <summary>The key of a ticket, from the secret of its connection.</summary>
    public static byte[] DerivePsk(CipherSuite suite, ReadOnlySpan<byte> resumptionSecret, ReadOnlySpan<byte> nonce)
    {
        byte[] psk = new byte[Aeads.HashLength(suite)];
        HkdfLabel.Expand(suite, resumptionSecret, "resumption"u8, nonce, psk);
        return psk;
    }

    /// <summary>The binder over the first ClientHello without its binders. RFC 9846 §4.3.11.2.</summary>
    public static void ComputeBinder(CipherSuite suite, ReadOnlySpan<byte> psk, ReadOnlySpan<byte> truncatedHello, Span<byte> binder)
    {
        Span<byte> hash = stackalloc byte[KeySchedule.MaxHashLength];
        ComputeBinderOfHash(suite, psk, hash[..Hash(suite, truncatedHello, hash)], binder);
    }

    /// <summary>The same when the hash also covers what was exchanged before a second ClientHello.</summary>
    public static void ComputeBinderOfHash(CipherSuite suite, ReadOnlySpan<byte> psk, ReadOnlySpan<byte> transcriptHash, Span<byte> binder)
    {
        using KeySchedule schedule = new(suite);
        schedule.EnterEarly(psk);
        schedule.ComputeBinder(transcriptHash, binder);
    }

    /// <summary>client_early_traffic_secret, over the whole first ClientHello. RFC 9846 §7.1.</summary>
    public static byte[] DeriveEarlyTraffic(CipherSuite suite, ReadOnlySpan<byte> psk, ReadOnlySpan<byte> hello)
    {
        Span<byte> hash = stackalloc byte[KeySchedule.MaxHashLength];
        hash = hash[..Hash(suite, hello, hash)];
        using KeySchedule schedule = new(suite);
        schedule.EnterEarly(psk);
        byte[] secret = new byte[schedule.HashLength];
        schedule.Derive("c e traffic"u8, hash, secret);
        return secret;
    }

    private static int Hash(CipherSuite suite, ReadOnlySpan<byte> data, Span<byte> hash) =>
        CryptographicOperations.HashData(KeyScheduleHash.Of(suite).Name, data, hash);
}
