using System.Net.Security;
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

    internal override void Validate(string argumentName)
    {
        base.Validate(argumentName);
        Require.NotNull(argumentName, ServerAuthenticationOptions);
        AuthenticationOptionsCheck.Server(ServerAuthenticationOptions, argumentName);
    }
}
