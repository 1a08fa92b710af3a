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
    /// TLS settings; must be set, with at least one application protocol. <c>EnabledSslProtocols</c> and <c>AllowRenegotiation</c> are
    /// ignored: QUIC is TLS 1.3 or later (RFC 9001 §4.2). With <c>AllowTlsResume</c>, which is the default, a connection resumes an earlier
    /// session when there is one: the server's certificate is then the one of before, and is judged again only when the callback or policy
    /// is another one.
    /// </summary>
    public SslClientAuthenticationOptions ClientAuthenticationOptions { get; set; } = null!; // Checked by Validate.

    /// <summary>The server: an <see cref="IPEndPoint"/> or a <see cref="DnsEndPoint"/>. Must be set.</summary>
    public EndPoint RemoteEndPoint { get; set; } = null!; // Checked by Validate.

    /// <summary>
    /// The address and port to send from. Without one, the connection shares one socket with the other clients of the process.
    /// </summary>
    public IPEndPoint? LocalEndPoint { get; set; }

    /// <summary>Where tickets are kept, if <c>AllowTlsResume</c> is on. Null, the default, means <see cref="SessionTicketStore.Shared"/>.</summary>
    public ISessionTicketStore? SessionTickets { get; set; }

    /// <summary>
    /// Whether <see cref="QuicConnection.ConnectAsync"/> returns at once when a ticket allows early data (0-RTT). What is written before the
    /// handshake is complete can be sent again by an attacker, and the server may process it twice: use it for requests that do no harm
    /// when repeated. If the server does not take it, streams fail with <see cref="QuicError.EarlyDataRejected"/>; see
    /// <see cref="QuicConnection.EarlyDataState"/>. Default: false. RFC 9001 §9.2.
    /// </summary>
    public bool EnableEarlyData { get; set; }

    /// <summary>
    /// The versions of QUIC to speak, most wanted first. Default: version 1, then version 2. The connection begins with one of them
    /// (<see cref="InitialVersion"/>), and the server may go on with another of them at no cost, or ask for another at the cost of a round
    /// trip. When it speaks none of them, connecting fails with <see cref="QuicError.VersionNegotiationError"/>. With one version in the list
    /// nothing is negotiated. <see cref="QuicConnection.NegotiatedVersion"/> tells the outcome. RFC 9368.
    /// </summary>
    public IReadOnlyList<QuicVersion> Versions { get; set; } = [QuicVersion.Version1, QuicVersion.Version2];

    /// <summary>
    /// The version of the first packet, one of <see cref="Versions"/>. Null, the default, takes that of a session ticket that the connection
    /// resumes, else version 1, which nearly every server understands, else the first in the list.
    /// </summary>
    public QuicVersion? InitialVersion { get; set; }

    /// <summary>
    /// Where tokens that servers give (NEW_TOKEN) are kept for the next connection, which then needs no Retry and is answered in full at once.
    /// Who sees a token twice knows that both connections are of one client, so each is used once. Null, the default, means
    /// <see cref="AddressTokenStore.Shared"/>; <see cref="AddressTokenStore.None"/> keeps none. RFC 9000 §8.1.3.
    /// </summary>
    public AddressTokenStore? AddressTokens { get; set; }

    /// <summary>
    /// Whether the connection moves by itself when this machine's addresses change and the way to the server starts from another one. A
    /// connection from a <see cref="LocalEndPoint"/> moves only when that address is gone. Default: false. RFC 9000 §9.2.
    /// </summary>
    public bool MigrateOnNetworkChange { get; set; }

    /// <summary>
    /// Whether the connection moves to an address that the server prefers, once it has answered there. Never to this host, a link or a private
    /// network that the server was not reached in. Default: true. RFC 9000 §9.6, §21.5.3.
    /// </summary>
    public bool UsePreferredAddress { get; set; } = true;

    /// <summary>The version to begin with when there is no ticket.</summary>
    internal QuicVersion FirstVersion =>
        InitialVersion ?? (Versions.Contains(QuicVersion.Version1) ? QuicVersion.Version1 : Versions[0]);

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

        Require.NotNull(argumentName, Versions);
        Require.Versions(argumentName, Versions);
        if (InitialVersion is { } version && !Versions.Contains(version))
        {
            throw new ArgumentOutOfRangeException(argumentName, version, $"'{nameof(InitialVersion)}' must be one of '{nameof(Versions)}'.");
        }

        AuthenticationOptionsCheck.Client(ClientAuthenticationOptions, argumentName);
    }
}
