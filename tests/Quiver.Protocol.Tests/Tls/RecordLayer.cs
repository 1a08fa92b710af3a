using System.Buffers.Binary;
using System.Security.Cryptography;
using Quiver.Protocol.Crypto;
using Quiver.Protocol.Primitives;
using Quiver.Protocol.Tls;

namespace Quiver.Protocol.Tests.Tls;

/// <summary>TLS records around a handshake of ours, so that it can talk to a TLS stack that knows nothing of QUIC. RFC 9846 §5.</summary>
internal sealed class RecordLayer(RecordingSink sink, ITlsHandshake handshake, CipherSuite suite)
{
    private const byte ChangeCipherSpec = 20;
    private const byte Alert = 21;
    private const byte Handshake = 22;
    private const byte ApplicationData = 23;
    private const int HeaderLength = 5;
    private const int TagLength = 16;

    private readonly Dictionary<(EncryptionLevel Level, bool Read), ulong> _sequence = [];
    private byte[] _received = [];

    /// <summary>Takes what the peer's stack puts out.</summary>
    public void Receive(byte[] bytes)
    {
        _received = [.. _received, .. bytes];
        while (_received.Length >= HeaderLength)
        {
            int length = BinaryPrimitives.ReadUInt16BigEndian(_received.AsSpan(3));
            if (_received.Length < HeaderLength + length)
            {
                return;
            }

            byte[] header = _received[..HeaderLength];
            byte[] fragment = _received[HeaderLength..(HeaderLength + length)];
            _received = _received[(HeaderLength + length)..];
            Deliver(header, fragment);
            if (handshake.Suspension == TlsSuspension.PeerCertificate)
            {
                handshake.ResumeWithCertificateVerdict(null, string.Empty);
            }
        }
    }

    /// <summary>What is to be given to the peer's stack.</summary>
    public byte[] Send()
    {
        List<byte> records = [];
        while (sink.Outbox.TryDequeue(out (EncryptionLevel Level, byte[] Bytes) sent))
        {
            if (sent.Level == EncryptionLevel.Initial)
            {
                records.AddRange([Handshake, 3, 3, .. MessageEditor.UInt16(sent.Bytes.Length), .. sent.Bytes]);
                continue;
            }

            byte[] plain = [.. sent.Bytes, Handshake];
            byte[] header = [ApplicationData, 3, 3, .. MessageEditor.UInt16(plain.Length + TagLength)];
            byte[] cipher = new byte[plain.Length];
            byte[] tag = new byte[TagLength];
            using AesGcm aead = Aead(sink.WriteSecrets[sent.Level], sent.Level, read: false, out byte[] nonce);
            aead.Encrypt(nonce, plain, cipher, tag, header);
            records.AddRange([.. header, .. cipher, .. tag]);
        }

        return [.. records];
    }

    private void Deliver(byte[] header, byte[] fragment)
    {
        switch (header[0])
        {
            case ChangeCipherSpec:
                return;
            case Alert:
                Assert.Fail($"The peer sent alert {fragment[1]}.");
                return;
            case Handshake:
                handshake.Receive(EncryptionLevel.Initial, fragment);
                return;
            default:
                EncryptionLevel level = sink.ReadSecrets.Keys.Max();
                byte[] plain = new byte[fragment.Length - TagLength];
                using (AesGcm aead = Aead(sink.ReadSecrets[level], level, read: true, out byte[] nonce))
                {
                    aead.Decrypt(nonce, fragment.AsSpan(0, plain.Length), fragment.AsSpan(plain.Length), plain, header);
                }

                int end = plain.AsSpan().LastIndexOfAnyExcept((byte)0);
                Assert.Equal(Handshake, plain[end]);
                handshake.Receive(level, plain.AsSpan(0, end));
                return;
        }
    }

    private AesGcm Aead(byte[] secret, EncryptionLevel level, bool read, out byte[] nonce)
    {
        byte[] key = new byte[suite == CipherSuite.Aes256GcmSha384 ? 32 : 16];
        nonce = new byte[12];
        HkdfLabel.Expand(suite, secret, "key"u8, [], key);
        HkdfLabel.Expand(suite, secret, "iv"u8, [], nonce);
        ulong sequence = _sequence.GetValueOrDefault((level, read));
        _sequence[(level, read)] = sequence + 1;
        Span<byte> counter = nonce.AsSpan(4);
        BinaryPrimitives.WriteUInt64BigEndian(counter, BinaryPrimitives.ReadUInt64BigEndian(counter) ^ sequence);
        return new AesGcm(key, TagLength);
    }
}
