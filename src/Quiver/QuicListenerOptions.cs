using System.Net;
using System.Net.Security;
using Quiver.Validation;

namespace Quiver;

/// <summary>Where a <see cref="QuicListener"/> listens, which application protocols it serves, and how it answers each client.</summary>
public sealed class QuicListenerOptions
{
    /// <summary>Makes options with nothing set but the default backlog.</summary>
    public QuicListenerOptions()
    {
    }

    /// <summary>The address and port to listen on; port 0 takes a free one, <c>IPAddress.IPv6Any</c> takes IPv4 too. Must be set.</summary>
    public IPEndPoint ListenEndPoint { get; set; } = null!; // Checked by Validate.

    /// <summary>The application protocols that this listener answers; a client that offers none of them is turned away. Must be set.</summary>
    public List<SslApplicationProtocol> ApplicationProtocols { get; set; } = null!; // Checked by Validate.

    /// <summary>
    /// How many connections may be in their handshake or waiting to be accepted; further ones are refused (CONNECTION_REFUSED).
    /// Zero, the default, means 512.
    /// </summary>
    public int ListenBacklog { get; set; }

    /// <summary>
    /// Chooses the options of each incoming connection. Runs on the thread pool; the token is cancelled when the listener is disposed, the
    /// connection ends or its handshake times out. When it throws, the client gets the TLS alert user_canceled and
    /// <see cref="QuicListener.AcceptConnectionAsync"/> throws a <see cref="QuicException"/> with <see cref="QuicError.CallbackError"/>.
    /// Must be set.
    /// </summary>
    public Func<QuicConnection, SslClientHelloInfo, CancellationToken, ValueTask<QuicServerConnectionOptions>>
        ConnectionOptionsCallback
    { get; set; } = null!; // Checked by Validate.

    internal void Validate(string argumentName)
    {
        Require.NotNull(argumentName, ListenEndPoint);
        Require.InRange(argumentName, ListenBacklog, int.MaxValue);
        Require.NotNull(argumentName, ConnectionOptionsCallback);
        if (ApplicationProtocols is null or { Count: 0 })
        {
            throw new ArgumentNullException(argumentName, $"'{nameof(ApplicationProtocols)}' must name at least one protocol.");
        }
    }
}
