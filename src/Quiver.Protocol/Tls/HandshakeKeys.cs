using System.Security.Cryptography;
using Quiver.Protocol.Crypto;
using Quiver.Protocol.Primitives;
using Quiver.Protocol.Tls.Resumption;

namespace Quiver.Protocol.Tls;

/// <summary>Transcript and key schedule of one handshake, and the secrets that go to the sink at their times. RFC 9001 §4.1.4.</summary>
internal sealed class HandshakeKeys(EndpointRole role, ITlsSink sink) : IDisposable
{
    private readonly byte[] _clientSecret = new byte[KeySchedule.MaxHashLength];
    private readonly byte[] _serverSecret = new byte[KeySchedule.MaxHashLength];
    private KeySchedule? _schedule;
    private ReadOnlyMemory<byte>? _keyLogRandom;

    public Transcript Transcript { get; } = new();

    public CipherSuite Suite => Schedule.Suite;

    public int HashLength => Schedule.HashLength;

    private KeySchedule Schedule => _schedule ?? throw new InvalidOperationException("The suite is not chosen yet.");

    /// <summary>Sends secrets to the key log too, under the ClientHello's random. RFC 9850 §2.</summary>
    public void LogKeysUnder(ReadOnlyMemory<byte> clientRandom) => _keyLogRandom = clientRandom;

    public void Select(CipherSuite suite)
    {
        _schedule = new KeySchedule(suite);
        Transcript.Select(suite);
    }

    /// <summary>The key of a ticket goes into the schedule, after <see cref="Select"/>.</summary>
    public void UsePsk(ReadOnlySpan<byte> psk) => Schedule.EnterEarly(psk);

    /// <summary>The secret of early data, which needs the first ClientHello only. RFC 9001 §4.6.</summary>
    public void InstallEarlySecret(CipherSuite suite, ReadOnlySpan<byte> psk, ReadOnlySpan<byte> hello)
    {
        byte[] secret = PskSecrets.DeriveEarlyTraffic(suite, psk, hello);
        Log("CLIENT_EARLY_TRAFFIC_SECRET", secret);
        if (role == EndpointRole.Client)
        {
            sink.OnWriteSecret(EncryptionLevel.EarlyData, suite, secret);
        }
        else
        {
            sink.OnReadSecret(EncryptionLevel.EarlyData, suite, secret);
        }

        CryptographicOperations.ZeroMemory(secret);
    }

    /// <summary>The client's Finished is in the transcript too: what tickets are made from. RFC 9846 §7.1.</summary>
    public byte[] DeriveResumptionSecret()
    {
        Span<byte> hash = stackalloc byte[KeySchedule.MaxHashLength];
        hash = hash[..Transcript.GetCurrentHash(hash)];
        byte[] secret = new byte[HashLength];
        Schedule.Derive("res master"u8, hash, secret);
        return secret;
    }

    /// <summary>The ServerHello is in the transcript: handshake secrets, both ways. Takes the shared secret and erases it.</summary>
    public void InstallHandshakeSecrets(byte[] sharedSecret)
    {
        Schedule.EnterHandshake(sharedSecret);
        CryptographicOperations.ZeroMemory(sharedSecret);
        DeriveTraffic("c hs traffic"u8, "s hs traffic"u8);
        Log("CLIENT_HANDSHAKE_TRAFFIC_SECRET", ClientSecret);
        Log("SERVER_HANDSHAKE_TRAFFIC_SECRET", ServerSecret);
        sink.OnWriteSecret(EncryptionLevel.Handshake, Suite, role == EndpointRole.Client ? ClientSecret : ServerSecret);
        sink.OnReadSecret(EncryptionLevel.Handshake, Suite, role == EndpointRole.Client ? ServerSecret : ClientSecret);
    }

    /// <summary>The Finished of <paramref name="sender"/> over the transcript so far. RFC 9846 §4.5.3.</summary>
    public void ComputeFinished(EndpointRole sender, Span<byte> verifyData)
    {
        Span<byte> hash = stackalloc byte[KeySchedule.MaxHashLength];
        int length = Transcript.GetCurrentHash(hash);
        Schedule.ComputeFinished(sender == EndpointRole.Client ? ClientSecret : ServerSecret, hash[..length], verifyData);
    }

    /// <summary>The server's Finished is in the transcript: what the application will use. The handshake secrets must still serve
    /// for the client's Finished, so the new ones are returned in an object of their own.</summary>
    public ApplicationSecrets DeriveApplicationSecrets()
    {
        Schedule.EnterMain();
        Span<byte> hash = stackalloc byte[KeySchedule.MaxHashLength];
        hash = hash[..Transcript.GetCurrentHash(hash)];
        ApplicationSecrets secrets = new(HashLength);
        Schedule.Derive("c ap traffic"u8, hash, secrets.Client);
        Schedule.Derive("s ap traffic"u8, hash, secrets.Server);
        if (_keyLogRandom is not null)
        {
            Log("CLIENT_TRAFFIC_SECRET_0", secrets.Client);
            Log("SERVER_TRAFFIC_SECRET_0", secrets.Server);
            Span<byte> exporter = stackalloc byte[KeySchedule.MaxHashLength];
            Schedule.Derive("exp master"u8, hash, exporter[..HashLength]);
            Log("EXPORTER_SECRET", exporter[..HashLength]);
        }

        return secrets;
    }

    public void InstallApplicationWrite(ApplicationSecrets secrets) =>
        sink.OnWriteSecret(EncryptionLevel.Application, Suite, role == EndpointRole.Client ? secrets.Client : secrets.Server);

    public void InstallApplicationRead(ApplicationSecrets secrets) =>
        sink.OnReadSecret(EncryptionLevel.Application, Suite, role == EndpointRole.Client ? secrets.Server : secrets.Client);

    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(_clientSecret);
        CryptographicOperations.ZeroMemory(_serverSecret);
        _schedule?.Dispose();
        Transcript.Dispose();
    }

    private Span<byte> ClientSecret => _clientSecret.AsSpan(0, HashLength);

    private Span<byte> ServerSecret => _serverSecret.AsSpan(0, HashLength);

    private void DeriveTraffic(ReadOnlySpan<byte> clientLabel, ReadOnlySpan<byte> serverLabel)
    {
        Span<byte> hash = stackalloc byte[KeySchedule.MaxHashLength];
        hash = hash[..Transcript.GetCurrentHash(hash)];
        Schedule.Derive(clientLabel, hash, ClientSecret);
        Schedule.Derive(serverLabel, hash, ServerSecret);
    }

    private void Log(string label, ReadOnlySpan<byte> secret)
    {
        if (_keyLogRandom is ReadOnlyMemory<byte> random)
        {
            sink.OnKeyLog(label, random.Span, secret);
        }
    }
}
