using BenchmarkDotNet.Attributes;
using Quiver.Protocol.Crypto;

namespace Quiver.Benchmarks.Crypto;

/// <summary>One header protection mask.</summary>
[MemoryDiagnoser]
public class HeaderProtectionBenchmarks
{
    private readonly byte[] _sample = new byte[PacketProtection.SampleLength];
    private readonly byte[] _mask = new byte[PacketProtection.MaskLength];
    private PacketProtection? _aes;
    private PacketProtection? _aesOfPlatform;
    private PacketProtection? _chaCha20;

    [GlobalSetup]
    public void Setup()
    {
        byte[] secret = new byte[32];
        _aes = PacketProtection.Create(Protocol.Primitives.QuicVersion.V1, CipherSuite.Aes128GcmSha256, secret);
        _aesOfPlatform = PacketProtection.Create(Protocol.Primitives.QuicVersion.V1, CipherSuite.Aes128GcmSha256, secret, AeadImplementation.Platform);
        _chaCha20 = PacketProtection.Create(Protocol.Primitives.QuicVersion.V1, CipherSuite.ChaCha20Poly1305Sha256, secret);
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        _aes?.Dispose();
        _aesOfPlatform?.Dispose();
        _chaCha20?.Dispose();
    }

    [Benchmark(Baseline = true)]
    public void Aes() => _aes!.HeaderMask(_sample, _mask);

    [Benchmark]
    public void AesOfPlatform() => _aesOfPlatform!.HeaderMask(_sample, _mask);

    [Benchmark]
    public void ChaCha20() => _chaCha20!.HeaderMask(_sample, _mask);
}
