using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Quiver.Protocol.Primitives;

namespace Quiver.Security;

/// <summary>
/// How the peer's certificate is judged: by the system's chain building and trust, by name on a client, and then by the
/// application's callback if it has one, whose word is final.
/// </summary>
internal sealed class PeerCertificateRules
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    private RemoteCertificateValidationCallback? _callback;
    private X509ChainPolicy? _policy;
    private X509RevocationMode _revocationMode;
    private bool _isServer;

    private PeerCertificateRules()
    {
    }

    public static PeerCertificateRules ForClient(SslClientAuthenticationOptions options) => new()
    {
        _callback = options.RemoteCertificateValidationCallback,
        _policy = options.CertificateChainPolicy?.Clone(),
        _revocationMode = options.CertificateRevocationCheckMode,
    };

    public static PeerCertificateRules ForServer(SslServerAuthenticationOptions options) => new()
    {
        _callback = options.RemoteCertificateValidationCallback,
        _policy = options.CertificateChainPolicy?.Clone(),
        _revocationMode = options.CertificateRevocationCheckMode,
        _isServer = true,
    };

    /// <summary>Judges a chain in DER, leaf first (empty: the peer sent none). Blocks for as long as chain building and the callback take.</summary>
    public PeerVerdict Judge(QuicConnection connection, IReadOnlyList<ReadOnlyMemory<byte>> peerCertificates)
    {
        X509Certificate2? leaf = null;
        X509Certificate2Collection others = [];
        using var chain = new X509Chain();
        try
        {
            for (int i = 0; i < peerCertificates.Count; i++)
            {
                X509Certificate2 certificate = PeerCertificateParser.Parse(peerCertificates[i].Span);
                if (i == 0)
                {
                    leaf = certificate;
                }
                else
                {
                    others.Add(certificate);
                }
            }

            PeerVerdict verdict = Judge(connection, leaf, others, chain);
            if (verdict.Alert is null)
            {
                PeerCertificateParser.Keep(peerCertificates);
            }

            return verdict;
        }
        catch (CryptographicException e)
        {
            // RFC 9846 §4.5.2.4: a certificate that cannot be read is answered with bad_certificate.
            return Reject(leaf, new AuthenticationException("The peer's certificate cannot be read.", e));
        }
        finally
        {
            foreach (X509ChainElement element in chain.ChainElements)
            {
                element.Certificate.Dispose();
            }

            foreach (X509Certificate2 certificate in others)
            {
                certificate.Dispose();
            }
        }
    }

    private PeerVerdict Judge(QuicConnection connection, X509Certificate2? leaf, X509Certificate2Collection others, X509Chain chain)
    {
        SslPolicyErrors errors = leaf is null
            ? SslPolicyErrors.RemoteCertificateNotAvailable
            : Verify(leaf, others, chain, connection.TargetHostName);
        if (_callback is null)
        {
            return errors == SslPolicyErrors.None
                ? new PeerVerdict(leaf, Alert: null, string.Empty, Cause: null)
                : Reject(leaf, new AuthenticationException(Explain(errors, chain, connection.TargetHostName)));
        }

        try
        {
            return _callback(connection, leaf, leaf is null ? null : chain, errors)
                ? new PeerVerdict(leaf, Alert: null, string.Empty, Cause: null)
                : Reject(leaf, new AuthenticationException(
                    $"The peer's certificate was rejected by the {nameof(RemoteCertificateValidationCallback)} ({Explain(errors, chain, connection.TargetHostName)})"));
        }
        catch (Exception e)
        {
            return Reject(leaf, new QuicException(QuicError.CallbackError, $"The {nameof(RemoteCertificateValidationCallback)} threw.", e));
        }
    }

    private SslPolicyErrors Verify(X509Certificate2 leaf, X509Certificate2Collection others, X509Chain chain, string targetHost)
    {
        if (_policy is not null)
        {
            chain.ChainPolicy = _policy.Clone();
        }
        else
        {
            chain.ChainPolicy.RevocationMode = _revocationMode;
            chain.ChainPolicy.RevocationFlag = X509RevocationFlag.ExcludeRoot;
        }

        if (chain.ChainPolicy.ApplicationPolicy.Count == 0)
        {
            chain.ChainPolicy.ApplicationPolicy.Add(new Oid(_isServer ? ClientAuthentication : ServerAuthentication));
        }

        chain.ChainPolicy.ExtraStore.AddRange(others);
        SslPolicyErrors errors = ChainBuilder.Build(chain, leaf, others) ? SslPolicyErrors.None : SslPolicyErrors.RemoteCertificateChainErrors;
        bool isNameChecked = !_isServer && !chain.ChainPolicy.VerificationFlags.HasFlag(X509VerificationFlags.IgnoreInvalidName);
        if (isNameChecked && !TargetHosts.Matches(leaf, targetHost))
        {
            errors |= SslPolicyErrors.RemoteCertificateNameMismatch;
        }

        return errors;
    }

    private static PeerVerdict Reject(X509Certificate2? leaf, Exception cause) =>
        new(leaf, TlsAlert.BadCertificate, "the certificate was rejected", cause);

    private static string Explain(SslPolicyErrors errors, X509Chain chain, string targetHost)
    {
        List<string> parts = [];
        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNotAvailable))
        {
            parts.Add("the peer sent no certificate");
        }

        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch))
        {
            parts.Add($"it is not for the host name '{targetHost}'");
        }

        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors))
        {
            IEnumerable<string> statuses = chain.ChainStatus.Select(status => $"{status.Status} ({status.StatusInformation.Trim()})").Distinct(StringComparer.Ordinal);
            parts.Add($"its chain has errors: {string.Join(", ", statuses)}");
        }

        return parts.Count == 0
            ? "The peer's certificate has no errors."
            : $"The peer's certificate is not acceptable: {string.Join("; ", parts)}. [{errors}]";
    }
}
