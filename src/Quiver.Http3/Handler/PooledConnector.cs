using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;

namespace Quiver.Http3.Handler;

/// <summary>Makes the connections of a pool from the handler's options, and the exceptions of <see cref="SocketsHttpHandler"/> when it cannot.</summary>
internal static class PooledConnector
{
    /// <summary>
    /// A QUIC server may forget a connection that is silent for 30 seconds, quic-go's default, while it works on a response. Idle
    /// connections end by the pool's own clock.
    /// </summary>
    private static readonly TimeSpan s_maxSilence = TimeSpan.FromSeconds(12);

    /// <exception cref="Http3ConnectException">No connection could be made.</exception>
    public static async Task<Http3ClientConnection> ConnectAsync(Route route, Http3Handler options, TimeProvider time)
    {
        using CancellationTokenSource timeout = new(options.ConnectTimeout, time);
        Http3ClientConnectionOptions http3 = new()
        {
            MaxResponseHeadersLength = options.MaxResponseHeadersLength,
            Expect100ContinueTimeout = options.Expect100ContinueTimeout,
        };
        try
        {
            return await Http3ClientConnection.ConnectOverAsync(
                ToQuicOptions(route, options), http3, options.ConnectCallback ?? QuicConnection.ConnectAsync, timeout.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (timeout.IsCancellationRequested)
        {
            throw Failed(route, new TimeoutException(
                $"Connecting to {route} took longer than {options.ConnectTimeout.TotalSeconds} seconds, the {nameof(Http3Handler.ConnectTimeout)}.", e));
        }
        catch (Exception e)
        {
            throw Failed(route, e);
        }
    }

    private static QuicClientConnectionOptions ToQuicOptions(Route route, Http3Handler options)
    {
        SslClientAuthenticationOptions tls = Copy(options.SslOptions);
        tls.ApplicationProtocols = [SslApplicationProtocol.Http3];

        // RFC 7838 §2.1: an alternative proves that it is the origin.
        tls.TargetHost ??= route.Origin.Host;
        TimeSpan ping = options.KeepAlivePingDelay;
        QuicClientConnectionOptions quic = new()
        {
            RemoteEndPoint = IPAddress.TryParse(route.Host, out IPAddress? address)
                ? new IPEndPoint(address, route.Port)
                : new DnsEndPoint(route.Host, route.Port),
            ClientAuthenticationOptions = tls,
            EnableEarlyData = options.EnableEarlyData,
            KeepAliveInterval = ping != Timeout.InfiniteTimeSpan && ping < s_maxSilence ? ping : s_maxSilence,
        };
        if (options.ConnectTimeout != Timeout.InfiniteTimeSpan)
        {
            // The caller's clock, which starts with the search for addresses, decides.
            quic.HandshakeTimeout = Timeout.InfiniteTimeSpan;
        }

        return quic;
    }

    /// <summary>Every property; a test watches that none is missing.</summary>
    internal static SslClientAuthenticationOptions Copy(SslClientAuthenticationOptions options)
    {
        SslClientAuthenticationOptions copy = new()
        {
            AllowRenegotiation = options.AllowRenegotiation,
            AllowTlsResume = options.AllowTlsResume,
            ApplicationProtocols = options.ApplicationProtocols,
            CertificateChainPolicy = options.CertificateChainPolicy,
            CertificateRevocationCheckMode = options.CertificateRevocationCheckMode,
            CipherSuitesPolicy = options.CipherSuitesPolicy,
            ClientCertificateContext = options.ClientCertificateContext,
            ClientCertificates = options.ClientCertificates,
            EnabledSslProtocols = options.EnabledSslProtocols,
            EncryptionPolicy = options.EncryptionPolicy,
            LocalCertificateSelectionCallback = options.LocalCertificateSelectionCallback,
            RemoteCertificateValidationCallback = options.RemoteCertificateValidationCallback,
            TargetHost = options.TargetHost,
        };
        if (OperatingSystem.IsLinux() || OperatingSystem.IsWindows())
        {
            copy.AllowRsaPkcs1Padding = options.AllowRsaPkcs1Padding;
            copy.AllowRsaPssPadding = options.AllowRsaPssPadding;
        }

        return copy;
    }

    private static Http3ConnectException Failed(Route route, Exception reason)
    {
        HttpRequestError error = reason switch
        {
            SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain } => HttpRequestError.NameResolutionError,
            AuthenticationException => HttpRequestError.SecureConnectionError,
            _ => HttpRequestError.ConnectionError,
        };
        return new Http3ConnectException(error, $"No HTTP/3 connection to {route}: {reason.Message}", reason);
    }
}
