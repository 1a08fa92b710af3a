using System.Security.Cryptography;
using Quiver.Protocol.Tls.Resumption;

namespace Quiver.Protocol.Tests.Tls;

public sealed class TicketKeyTests
{
    [Fact]
    public void A_ticket_opens_under_its_key_only_and_only_whole()
    {
        TicketKey key = new(RandomNumberGenerator.GetBytes(32));
        byte[] content = RandomNumberGenerator.GetBytes(100);
        byte[] ticket = key.Seal(content, new SeededRandom(1));
        Assert.True(key.TryOpen(ticket, out byte[]? opened));
        Assert.Equal(content, opened);
        Assert.False(new TicketKey(RandomNumberGenerator.GetBytes(32)).TryOpen(ticket, out _));
        for (int length = 0; length < ticket.Length; length++)
        {
            Assert.False(key.TryOpen(ticket.AsSpan(0, length), out _));
            byte[] changed = [.. ticket];
            changed[length] ^= 1;
            Assert.False(key.TryOpen(changed, out _));
        }
    }

    // Derived with the base class library alone: the format is one that other servers of a fleet can be told.
    [Fact]
    public void A_ticket_is_AES_256_GCM_under_a_key_derived_from_its_salt()
    {
        byte[] secret = RandomNumberGenerator.GetBytes(32);
        byte[] content = RandomNumberGenerator.GetBytes(77);
        byte[] ticket = new TicketKey(secret).Seal(content, new SeededRandom(2));
        byte[] name = HKDF.Expand(HashAlgorithmName.SHA256, secret, 8, "quiver ticket name"u8.ToArray());
        Assert.Equal(name, ticket[..8]);
        byte[] derived = HKDF.Expand(HashAlgorithmName.SHA256, secret, 44, [.. "quiver ticket"u8, .. ticket[8..24]]);
        using AesGcm aes = new(derived.AsSpan(0, 32), 16);
        byte[] plain = new byte[content.Length];
        aes.Decrypt(derived.AsSpan(32), ticket.AsSpan(24, content.Length), ticket.AsSpan(24 + content.Length), plain, ticket.AsSpan(0, 24));
        Assert.Equal(content, plain);
    }

    [Fact]
    public void Two_tickets_of_one_content_differ()
    {
        TicketKey key = new(new byte[32]);
        SeededRandom random = new(3);
        Assert.NotEqual(key.Seal([1, 2, 3], random), key.Seal([1, 2, 3], random));
    }
}
