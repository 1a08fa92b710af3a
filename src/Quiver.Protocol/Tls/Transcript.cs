using System.Security.Cryptography;
using Quiver.Protocol.Crypto;
using Quiver.Protocol.Tls.Messages;

namespace Quiver.Protocol.Tls;

/// <summary>The running hash over all handshake messages. Until the suite is known it keeps the messages. RFC 9846 §4.1.</summary>
internal sealed class Transcript : IDisposable
{
    private IncrementalHash? _hash;
    private byte[] _early = [];

    public void Add(ReadOnlySpan<byte> message)
    {
        if (_hash is null)
        {
            // Only ClientHellos come before the suite: one, so this is one copy.
            _early = [.. _early, .. message];
            return;
        }

        _hash.AppendData(message);
    }

    public void Select(CipherSuite suite)
    {
        _hash = IncrementalHash.CreateHash(KeyScheduleHash.Of(suite).Name);
        _hash.AppendData(_early);
        _early = [];
    }

    /// <summary>After a HelloRetryRequest its hash stands for the first ClientHello. RFC 9846 §4.1.</summary>
    public void ReplaceByMessageHash()
    {
        IncrementalHash hash = Selected;
        Span<byte> message = stackalloc byte[HandshakeMessage.HeaderLength + KeySchedule.MaxHashLength];
        int length = hash.GetHashAndReset(message[HandshakeMessage.HeaderLength..]);
        message[0] = (byte)HandshakeType.MessageHash;
        message[3] = (byte)length;
        hash.AppendData(message[..(HandshakeMessage.HeaderLength + length)]);
    }

    /// <summary>The hash so far, and its length.</summary>
    public int GetCurrentHash(Span<byte> destination) => Selected.GetCurrentHash(destination);

    public void Dispose() => _hash?.Dispose();

    private IncrementalHash Selected => _hash ?? throw new InvalidOperationException("The suite is not chosen yet.");
}
