using System.Net;
using System.Net.Security;
using Quiver.Security;
using Quiver.Validation;

namespace Quiver;

/// <summary>What a client wants of a connection: where to, how to authenticate, and the limits of <see cref="QuicConnectionOptions"/>.</summary>
public sealed class QuicClientConnectionOptions : QuicConnectionOptions
{
    /// <summary>Makes options that let the server open no streams.</summary>
    public QuicClientConnectionOptions()
    {
    }

    /// <summary>
    /// TLS settings; must be set, with at least one application protocol. <c>EnabledSslProtocols</c>, <c>AllowRenegotiation</c> and
    /// <c>AllowTlsResume</c> are ignored: QUIC is TLS 1.3 or later. RFC 9001 §4.2.
    /// </summary>
    public SslClientAuthenticationOptions ClientAuthenticationOptions { get; set; } = null!; // Checked by Validate.

    /// <summary>The server: an <see cref="IPEndPoint"/> or a <see cref="DnsEndPoint"/>. Must be set.</summary>
    public EndPoint RemoteEndPoint { get; set; } = null!; // Checked by Validate.

    /// <summary>
    /// The address and port to send from. Without one, the connection shares one socket with the other clients of the process.
    /// </summary>
    public IPEndPoint? LocalEndPoint { get; set; }

    internal override void Validate(string argumentName)
    {
        base.Validate(argumentName);
        Require.NotNull(argumentName, ClientAuthenticationOptions);
        Require.NotNull(argumentName, RemoteEndPoint);
        if (RemoteEndPoint is not (IPEndPoint or DnsEndPoint))
        {
            throw new ArgumentException(
                $"'{nameof(RemoteEndPoint)}' is a {RemoteEndPoint.GetType()}; it must be an IPEndPoint or a DnsEndPoint.", argumentName);
        }

        AuthenticationOptionsCheck.Client(ClientAuthenticationOptions, argumentName);
    }
}
