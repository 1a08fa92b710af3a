using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.Tls.Extensions;

/// <summary>Which extension may stand in which message, and which answers need a question. RFC 9846 §4.3.</summary>
internal static class ExtensionRules
{
    /// <summary>Checks a request (ClientHello, CertificateRequest) or a NewSessionTicket: unknown extensions are ignored.</summary>
    public static void CheckRequest(ExtensionBlock block, ExtensionPlacement message)
    {
        foreach (ExtensionType type in block)
        {
            CheckPlacement(type, message);
        }
    }

    /// <summary>Checks an answer: it may hold only what was asked for (<paramref name="requested"/>), and the cookie.</summary>
    public static void CheckResponse(ExtensionBlock block, ExtensionPlacement message, ReadOnlySpan<ExtensionType> requested)
    {
        foreach (ExtensionType type in block)
        {
            bool unsolicitedAllowed = type == ExtensionType.Cookie && message == ExtensionPlacement.HelloRetryRequest;

            // An answer to nothing ends the handshake. RFC 9846 §4.3.
            if (!unsolicitedAllowed && !requested.Contains(type))
            {
                TransportException.ThrowAlert(
                    TlsAlert.UnsupportedExtension, $"TLS: {message} holds extension {type}, which was not asked for");
            }

            CheckPlacement(type, message);
        }
    }

    // A recognised extension in the wrong message ends the handshake. RFC 9846 §4.3.
    private static void CheckPlacement(ExtensionType type, ExtensionPlacement message)
    {
        ExtensionPlacement allowed = PlacesOf(type);
        if (allowed != ExtensionPlacement.None && (allowed & message) == ExtensionPlacement.None)
        {
            TransportException.ThrowAlert(TlsAlert.IllegalParameter, $"TLS: extension {type} must not stand in {message}");
        }
    }

    private static ExtensionPlacement PlacesOf(ExtensionType type) => type switch
    {
        ExtensionType.ServerName =>
            ExtensionPlacement.ClientHello | ExtensionPlacement.EncryptedExtensions | ExtensionPlacement.CertificateRequest,
        ExtensionType.StatusRequest =>
            ExtensionPlacement.ClientHello | ExtensionPlacement.CertificateRequest | ExtensionPlacement.Certificate,
        ExtensionType.SupportedGroups or ExtensionType.ApplicationLayerProtocolNegotiation or ExtensionType.QuicTransportParameters =>
            ExtensionPlacement.ClientHello | ExtensionPlacement.EncryptedExtensions,
        ExtensionType.SignatureAlgorithms or ExtensionType.SignatureAlgorithmsCert or ExtensionType.CertificateAuthorities =>
            ExtensionPlacement.ClientHello | ExtensionPlacement.CertificateRequest,
        ExtensionType.Padding or ExtensionType.PskKeyExchangeModes or ExtensionType.PostHandshakeAuth => ExtensionPlacement.ClientHello,
        ExtensionType.PreSharedKey => ExtensionPlacement.ClientHello | ExtensionPlacement.ServerHello,
        ExtensionType.EarlyData =>
            ExtensionPlacement.ClientHello | ExtensionPlacement.EncryptedExtensions | ExtensionPlacement.NewSessionTicket,
        ExtensionType.SupportedVersions or ExtensionType.KeyShare =>
            ExtensionPlacement.ClientHello | ExtensionPlacement.ServerHello | ExtensionPlacement.HelloRetryRequest,
        ExtensionType.Cookie => ExtensionPlacement.ClientHello | ExtensionPlacement.HelloRetryRequest,
        ExtensionType.OidFilters => ExtensionPlacement.CertificateRequest,
        _ => ExtensionPlacement.None,
    };
}
