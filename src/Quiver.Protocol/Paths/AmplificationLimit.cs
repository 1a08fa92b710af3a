namespace Quiver.Protocol.Paths;

/// <summary>Until an address is validated it gets at most three times the bytes that came from it. RFC 9000 §8.1.</summary>
internal sealed class AmplificationLimit(bool isValidated)
{
    private const ulong Factor = 3;

    private ulong _received;
    private ulong _sent;

    public bool IsValidated { get; private set; } = isValidated;

    /// <summary>Bytes that may be sent now.</summary>
    public ulong Available => IsValidated ? ulong.MaxValue : Math.Max(_received * Factor, _sent) - _sent;

    public void OnReceived(int bytes) => _received += (ulong)bytes;

    public void OnSent(int bytes) => _sent += (ulong)bytes;

    public void OnValidated() => IsValidated = true;
}
