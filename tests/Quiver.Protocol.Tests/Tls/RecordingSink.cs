using Quiver.Protocol.Crypto;
using Quiver.Protocol.Primitives;
using Quiver.Protocol.Tls;
using Quiver.Protocol.Tls.Resumption;

namespace Quiver.Protocol.Tests.Tls;

/// <summary>Keeps all that a handshake puts out.</summary>
internal sealed class RecordingSink : ITlsSink
{
    public Queue<(EncryptionLevel Level, byte[] Bytes)> Outbox { get; } = new();

    public Dictionary<EncryptionLevel, byte[]> ReadSecrets { get; } = [];

    public Dictionary<EncryptionLevel, byte[]> WriteSecrets { get; } = [];

    public List<string> KeyLog { get; } = [];

    /// <summary>Calls in their order, in short.</summary>
    public List<string> Events { get; } = [];

    public byte[]? PeerTransportParameters { get; private set; }

    public int Completions { get; private set; }

    public bool? EarlyData { get; private set; }

    public List<TlsSession> Sessions { get; } = [];

    public void OnHandshakeBytes(EncryptionLevel level, ReadOnlySpan<byte> bytes)
    {
        Outbox.Enqueue((level, bytes.ToArray()));
        Events.Add($"bytes {level}");
    }

    public void OnReadSecret(EncryptionLevel level, CipherSuite suite, ReadOnlySpan<byte> secret)
    {
        ReadSecrets.Add(level, secret.ToArray());
        Events.Add($"read {level}");
    }

    public void OnWriteSecret(EncryptionLevel level, CipherSuite suite, ReadOnlySpan<byte> secret)
    {
        WriteSecrets.Add(level, secret.ToArray());
        Events.Add($"write {level}");
    }

    public void OnPeerTransportParameters(ReadOnlySpan<byte> encoded)
    {
        PeerTransportParameters = encoded.ToArray();
        Events.Add("parameters");
    }

    public void OnKeyLog(string label, ReadOnlySpan<byte> clientRandom, ReadOnlySpan<byte> secret) =>
        KeyLog.Add($"{label} {Convert.ToHexStringLower(clientRandom)} {Convert.ToHexStringLower(secret)}");

    public void OnEarlyData(bool isAccepted)
    {
        EarlyData = isAccepted;
        Events.Add($"early {isAccepted}");
    }

    public void OnSessionTicket(TlsSession session) => Sessions.Add(session);

    public void OnHandshakeComplete()
    {
        Completions++;
        Events.Add("complete");
    }
}
