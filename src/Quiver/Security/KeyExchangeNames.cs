using Quiver.Protocol.Tls;

namespace Quiver.Security;

/// <summary>Groups by their names in the TLS registry. RFC 9846 §4.3.7.</summary>
internal static class KeyExchangeNames
{
    public static string Of(NamedGroup group) => group switch
    {
        NamedGroup.X25519MLKem768 => "X25519MLKEM768",
        NamedGroup.X25519 => "x25519",
        NamedGroup.Secp256r1 => "secp256r1",
        NamedGroup.Secp384r1 => "secp384r1",
        _ => group.ToString(),
    };
}
