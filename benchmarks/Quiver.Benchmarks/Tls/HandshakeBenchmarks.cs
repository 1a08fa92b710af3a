using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using BenchmarkDotNet.Attributes;
using Quiver.Protocol.Crypto;
using Quiver.Protocol.Primitives;
using Quiver.Protocol.Tls;
using Quiver.Protocol.Tls.Resumption;

namespace Quiver.Benchmarks.Tls;

/// <summary>One whole TLS handshake, client and server, in memory and without packets.</summary>
[MemoryDiagnoser]
public class HandshakeBenchmarks
{
    private static readonly byte[] s_parameters = new byte[64];

    private readonly SystemRandom _random = new();
    private ClientTlsSettings? _client;
    private ServerTlsSettings? _server;

    [Params("X25519MLKem768", "X25519", "Secp256r1")]
    public string Group { get; set; } = string.Empty;

    [GlobalSetup]
    public void Setup()
    {
        NamedGroup group = Enum.Parse<NamedGroup>(Group);
        ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new("CN=localhost", key, HashAlgorithmName.SHA256);
        using X509Certificate2 certificate = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(100));
        _client = new ClientTlsSettings { Protocols = ["h3"u8.ToArray()], ServerName = "localhost", Groups = [group] };
        _server = new ServerTlsSettings
        {
            Protocols = ["h3"u8.ToArray()],
            Certificate = new TlsCertificate([certificate.RawData], new EcdsaSigner(key)),
            Groups = [group],
        };
    }

    [Benchmark]
    public bool Handshake()
    {
        Sink toServer = new();
        Sink toClient = new();
        using ClientHandshake client = new(_client!, s_parameters, toServer, _random);
        using ServerHandshake server = new(toClient, _random);
        client.Start();
        toServer.Deliver(server);
        server.ResumeWithServerSettings(_server!, s_parameters);
        toClient.Deliver(client);
        client.ResumeWithCertificateVerdict(null, string.Empty);
        toServer.Deliver(server);
        return server.IsComplete && client.IsComplete ? true : throw new InvalidOperationException("The handshake did not complete.");
    }

    private sealed class SystemRandom : IRandomSource
    {
        public void Fill(Span<byte> destination) => RandomNumberGenerator.Fill(destination);
    }

    private sealed class Sink : ITlsSink
    {
        private readonly Queue<(EncryptionLevel Level, byte[] Bytes)> _sent = new();

        public void Deliver(ITlsHandshake peer)
        {
            while (_sent.TryDequeue(out (EncryptionLevel Level, byte[] Bytes) sent))
            {
                peer.Receive(sent.Level, sent.Bytes);
            }
        }

        public void OnHandshakeBytes(EncryptionLevel level, ReadOnlySpan<byte> bytes) => _sent.Enqueue((level, bytes.ToArray()));

        public void OnReadSecret(EncryptionLevel level, CipherSuite suite, ReadOnlySpan<byte> secret)
        {
        }

        public void OnWriteSecret(EncryptionLevel level, CipherSuite suite, ReadOnlySpan<byte> secret)
        {
        }

        public void OnPeerTransportParameters(ReadOnlySpan<byte> encoded)
        {
        }

        public void OnKeyLog(string label, ReadOnlySpan<byte> clientRandom, ReadOnlySpan<byte> secret)
        {
        }

        public void OnEarlyData(bool isAccepted)
        {
        }

        public void OnSessionTicket(TlsSession session)
        {
        }

        public void OnHandshakeComplete()
        {
        }
    }
}
