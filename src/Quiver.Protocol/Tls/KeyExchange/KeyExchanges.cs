using System.Diagnostics.CodeAnalysis;
using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.Tls.KeyExchange;

/// <summary>Starts and answers key exchanges by group.</summary>
internal static class KeyExchanges
{
    public static bool IsSupported(NamedGroup group) =>
        group is NamedGroup.X25519 or NamedGroup.Secp256r1 or NamedGroup.Secp384r1 or NamedGroup.X25519MLKem768;

    public static IKeyShare Create(NamedGroup group, IRandomSource random) => group switch
    {
        NamedGroup.X25519 => new X25519KeyShare(random),
        NamedGroup.X25519MLKem768 => new HybridKeyShare(random),
        NamedGroup.Secp256r1 or NamedGroup.Secp384r1 => new EcdhKeyShare(group),
        _ => throw new ArgumentException($"Group {group} is not supported.", nameof(group)),
    };

    public static KeyAgreement Respond(NamedGroup group, ReadOnlySpan<byte> clientShare, IRandomSource random)
    {
        if (group == NamedGroup.X25519MLKem768)
        {
            return HybridKeyShare.Respond(clientShare, random);
        }

        using IKeyShare own = Create(group, random);
        byte[] secret = own.Agree(clientShare);
        return new KeyAgreement(own.PublicValue.ToArray(), secret);
    }

    /// <summary>A public value that fails its checks. RFC 9846 §4.3.8.2, §7.4.2.</summary>
    [DoesNotReturn]
    public static void ThrowInvalidShare(NamedGroup group, Exception? inner = null) =>
        TransportException.ThrowAlert(TlsAlert.IllegalParameter, $"TLS: the peer's key share for {group} is not valid", inner);
}
