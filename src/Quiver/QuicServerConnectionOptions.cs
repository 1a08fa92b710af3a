using System.Net.Security;
using Quiver.Protocol.Tls.Resumption;
using Quiver.Security;
using Quiver.Validation;

namespace Quiver;

/// <summary>What a server wants of one incoming connection; returned by <see cref="QuicListenerOptions.ConnectionOptionsCallback"/>.</summary>
public sealed class QuicServerConnectionOptions : QuicConnectionOptions
{
    /// <summary>Makes options that let the client open 100 bidirectional and 10 unidirectional streams at once.</summary>
    public QuicServerConnectionOptions()
    {
        MaxInboundBidirectionalStreams = QuicDefaults.ServerMaxInboundBidirectionalStreams;
        MaxInboundUnidirectionalStreams = QuicDefaults.ServerMaxInboundUnidirectionalStreams;
    }

    /// <summary>
    /// TLS settings; must be set, with a certificate and at least one application protocol. The certificate comes from
    /// <c>ServerCertificateSelectionCallback</c>, else <c>ServerCertificateContext</c>, else <c>ServerCertificate</c>.
    /// </summary>
    public SslServerAuthenticationOptions ServerAuthenticationOptions { get; set; } = null!; // Checked by Validate.

    /// <summary>
    /// The keys of session tickets; null, the default, means <see cref="SessionTicketKeyRing.Shared"/>. No tickets are given out or taken when
    /// <c>AllowTlsResume</c> of the TLS settings is off, or <c>ClientCertificateRequired</c> is on: a client's certificate is asked for on
    /// every connection.
    /// </summary>
    public SessionTicketKeyRing? SessionTicketKeys { get; set; }

    /// <summary>Tickets given to a client after a full handshake, 0 to 8; a resumed connection gets one. Default: 2.</summary>
    public int SessionTicketCount { get; set; } = QuicDefaults.SessionTicketCount;

    /// <summary>How long a ticket is good, at most seven days. Default: one day. RFC 9846 §4.7.1.</summary>
    public TimeSpan SessionTicketLifetime { get; set; } = QuicDefaults.SessionTicketLifetime;

    /// <summary>Bytes of yours that go into the tickets, sealed, and come back as <see cref="QuicConnection.SessionTicketData"/> of a connection
    /// that resumes; 4,096 at most. Default: none.</summary>
    public ReadOnlyMemory<byte> SessionTicketData { get; set; }

    /// <summary>
    /// Whether early data (0-RTT) of resuming clients is taken, and tickets say so. Such a connection is given out by
    /// <see cref="QuicListener.AcceptConnectionAsync"/> before its handshake is complete, and streams tell by
    /// <see cref="QuicStream.HasEarlyData"/> what came early. Early data can be replayed: set a <see cref="ReplayFilter"/>, and do nothing for
    /// it that must not be done twice. Default: false. RFC 9001 §9.2, RFC 9846 §8.
    /// </summary>
    public bool AllowEarlyData { get; set; }

    /// <summary>Recognises early data that came before; null, the default, does not. One for all listeners that share ticket keys.</summary>
    public IReplayFilter? ReplayFilter { get; set; }

    /// <summary>Asked with the ticket's <see cref="SessionTicketData"/> before early data is taken; false refuses it, and the handshake goes on.</summary>
    public Func<ReadOnlyMemory<byte>, bool>? EarlyDataCallback { get; set; }

    /// <summary>
    /// Whether the client is asked to stay at its address (disable_active_migration). It can still go to an address that the server prefers, and a
    /// NAT may change its port; packets from another IP address are dropped. Default: false. RFC 9000 §9, §18.2.
    /// </summary>
    public bool DisableActiveMigration { get; set; }

    internal override void Validate(string argumentName)
    {
        base.Validate(argumentName);
        Require.InRange(argumentName, SessionTicketCount, QuicDefaults.MaxSessionTicketCount);
        Require.InRange(argumentName, SessionTicketData.Length, QuicDefaults.MaxSessionTicketData);
        if (SessionTicketLifetime < TimeSpan.FromSeconds(1) || SessionTicketLifetime > TlsSession.MaxLifetime)
        {
            throw new ArgumentOutOfRangeException(
                argumentName, SessionTicketLifetime, $"'{nameof(SessionTicketLifetime)}' must be one second to seven days.");
        }

        Require.NotNull(argumentName, ServerAuthenticationOptions);
        AuthenticationOptionsCheck.Server(ServerAuthenticationOptions, argumentName);
    }
}
