using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace Quiver.AspNetCore.Connections;

/// <summary>What applications can ask about TLS. That it is there makes the scheme of the requests "https".</summary>
internal sealed class TlsFeature(QuicConnection connection) : ITlsConnectionFeature, ITlsHandshakeFeature
{
    private X509Certificate2? _replaced;
    private bool _isReplaced;

    /// <summary>The client's certificate; null when it sent none.</summary>
    public X509Certificate2? ClientCertificate
    {
        get => _isReplaced ? _replaced : connection.RemoteCertificate as X509Certificate2;
        set
        {
            _isReplaced = true;
            _replaced = value;
        }
    }

    public SslProtocols Protocol => connection.SslProtocol;

    public TlsCipherSuite? NegotiatedCipherSuite => connection.NegotiatedCipherSuite;

    public string HostName => connection.TargetHostName;

#pragma warning disable SYSLIB0058 // Obsolete in the interface, which must be implemented.
    public CipherAlgorithmType CipherAlgorithm => connection.NegotiatedCipherSuite switch
    {
        TlsCipherSuite.TLS_AES_128_GCM_SHA256 => CipherAlgorithmType.Aes128,
        TlsCipherSuite.TLS_AES_256_GCM_SHA384 => CipherAlgorithmType.Aes256,
        _ => CipherAlgorithmType.None,
    };

    public int CipherStrength => connection.NegotiatedCipherSuite == TlsCipherSuite.TLS_AES_128_GCM_SHA256 ? 128 : 256;

    public HashAlgorithmType HashAlgorithm =>
        connection.NegotiatedCipherSuite == TlsCipherSuite.TLS_AES_256_GCM_SHA384 ? HashAlgorithmType.Sha384 : HashAlgorithmType.Sha256;

    public int HashStrength => connection.NegotiatedCipherSuite == TlsCipherSuite.TLS_AES_256_GCM_SHA384 ? 384 : 256;

    public ExchangeAlgorithmType KeyExchangeAlgorithm => ExchangeAlgorithmType.None;

    public int KeyExchangeStrength => 0;
#pragma warning restore SYSLIB0058

    /// <summary>A certificate cannot be asked for after the handshake. RFC 9001 §4.4.</summary>
    public Task<X509Certificate2?> GetClientCertificateAsync(CancellationToken cancellationToken) => Task.FromResult(ClientCertificate);
}
