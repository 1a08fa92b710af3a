using System.Net.Security;

namespace Quiver.Http3.Client;

/// <summary>The options of a QUIC connection for HTTP/3: a copy of the caller's, with what is not set.</summary>
internal static class ClientOptions
{
    /// <summary>Control stream, QPACK's two, and some that mean nothing. RFC 9114 §6.2.</summary>
    private const int InboundStreams = 5;

    public static QuicClientConnectionOptions Complete(QuicClientConnectionOptions quic, Http3ClientConnectionOptions options)
    {
        QuicClientConnectionOptions copy = Copy(quic);
        copy.ClientAuthenticationOptions ??= new SslClientAuthenticationOptions();
        if (copy.ClientAuthenticationOptions.ApplicationProtocols is null or { Count: 0 })
        {
            copy.ClientAuthenticationOptions.ApplicationProtocols = [SslApplicationProtocol.Http3];
        }

        copy.DefaultStreamErrorCode = copy.DefaultStreamErrorCode < 0 ? (long)Http3ErrorCode.RequestCancelled : copy.DefaultStreamErrorCode;
        copy.DefaultCloseErrorCode = copy.DefaultCloseErrorCode < 0 ? (long)Http3ErrorCode.NoError : copy.DefaultCloseErrorCode;
        copy.MaxInboundUnidirectionalStreams = Math.Max(copy.MaxInboundUnidirectionalStreams, InboundStreams);
        copy.EnableDatagrams |= options.EnableDatagrams;
        return copy;
    }

    /// <summary>Every property; a test watches that none is missing.</summary>
    public static QuicClientConnectionOptions Copy(QuicClientConnectionOptions options) => new()
    {
        AddressTokens = options.AddressTokens,
        ClientAuthenticationOptions = options.ClientAuthenticationOptions,
        CloseTimeout = options.CloseTimeout,
        ConnectionIdLifetime = options.ConnectionIdLifetime,
        DatagramOutcomeCallback = options.DatagramOutcomeCallback,
        DatagramReceivedCallback = options.DatagramReceivedCallback,
        DefaultCloseErrorCode = options.DefaultCloseErrorCode,
        DefaultStreamErrorCode = options.DefaultStreamErrorCode,
        EnableDatagrams = options.EnableDatagrams,
        EnableEarlyData = options.EnableEarlyData,
        HandshakeTimeout = options.HandshakeTimeout,
        IdleTimeout = options.IdleTimeout,
        InitialReceiveWindowSizes = options.InitialReceiveWindowSizes,
        InitialVersion = options.InitialVersion,
        KeepAliveInterval = options.KeepAliveInterval,
        LocalEndPoint = options.LocalEndPoint,
        MaxInboundBidirectionalStreams = options.MaxInboundBidirectionalStreams,
        MaxInboundUnidirectionalStreams = options.MaxInboundUnidirectionalStreams,
        MaxPacketsPerKey = options.MaxPacketsPerKey,
        MigrateOnNetworkChange = options.MigrateOnNetworkChange,
        RemoteEndPoint = options.RemoteEndPoint,
        SessionTickets = options.SessionTickets,
        StreamCapacityCallback = options.StreamCapacityCallback,
        UsePreferredAddress = options.UsePreferredAddress,
        Versions = options.Versions,
    };
}
