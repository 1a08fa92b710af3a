using System.Net;
using System.Net.Security;
using System.Net.Sockets;
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
    /// Chooses the options of each incoming connection: by its addresses, which the connection tells already, and by the server name that the
    /// client asks for. Runs on the thread pool; the token is cancelled when the listener is disposed, the
    /// connection ends or its handshake times out. When it throws, the client gets the TLS alert user_canceled and
    /// <see cref="QuicListener.AcceptConnectionAsync"/> throws a <see cref="QuicException"/> with <see cref="QuicError.CallbackError"/>.
    /// Must be set.
    /// </summary>
    public Func<QuicConnection, SslClientHelloInfo, CancellationToken, ValueTask<QuicServerConnectionOptions>>
        ConnectionOptionsCallback
    { get; set; } = null!; // Checked by Validate.

    /// <summary>
    /// Whether clients have to prove their address by a Retry before anything is kept for them. When several listeners share an endpoint,
    /// the strictest decides, since the first packet does not tell which one it is for. Default: <see cref="QuicRetryPolicy.Automatic"/>.
    /// </summary>
    public QuicRetryPolicy RetryPolicy { get; set; }

    /// <summary>
    /// Handshakes under way from which on <see cref="QuicRetryPolicy.Automatic"/> sends a Retry to every client without a token.
    /// Default: 256.
    /// </summary>
    public int RetryThreshold { get; set; } = QuicDefaults.RetryThreshold;

    /// <summary>
    /// Asked for each client that has no token and that the policy would let in: true sends it a Retry. It gets the address that the client
    /// claims. Runs on the thread pool; while it runs, the client waits, and so do few others: what is more than 256 at a time is dropped.
    /// When it throws, a Retry is sent. Default: null.
    /// </summary>
    public Func<IPEndPoint, bool>? RetryCallback { get; set; }

    /// <summary>
    /// Whether a client gets a token with which its next connection from the same address needs no Retry and is answered in full at once
    /// (NEW_TOKEN, RFC 9000 §8.1.3). Default: true.
    /// </summary>
    public bool SendAddressTokens { get; set; } = true;

    /// <summary>
    /// An IPv4 address and port that clients are to go to after the handshake: one of this host alone, for example, when the first is shared
    /// with others. The listener listens there too, for these clients only. Port 0 takes a free one. Default: null. RFC 9000 §9.6.
    /// </summary>
    public IPEndPoint? PreferredIPv4EndPoint { get; set; }

    /// <summary>As <see cref="PreferredIPv4EndPoint"/>, for clients that use IPv6.</summary>
    public IPEndPoint? PreferredIPv6EndPoint { get; set; }

    /// <summary>
    /// The versions of QUIC that clients may use, most wanted first: a client that offers a better one than it began with is moved to it, at no
    /// cost (RFC 9368 §2.3), and one that begins with none of them is told which there are. Null, the default, takes every version, and
    /// leaves the choice to the client. When several listeners share an endpoint, a client may begin with a version of any of them.
    /// </summary>
    public IReadOnlyList<QuicVersion>? Versions { get; set; }

    /// <summary>
    /// How long it may take until a client's ClientHello is here as a whole and <see cref="ConnectionOptionsCallback"/> has returned; from then on
    /// <see cref="QuicConnectionOptions.HandshakeTimeout"/> counts. When several listeners share an endpoint, the longest counts. Default: 10 seconds,
    /// which is enough unless every third packet is lost. RFC 9000 §10.
    /// </summary>
    public TimeSpan ClientHelloTimeout { get; set; } = QuicDefaults.HandshakeTimeout;

    internal void Validate(string argumentName)
    {
        Require.NotNull(argumentName, ListenEndPoint);
        ValidateAnswers(argumentName);
    }

    /// <summary>All but where to listen.</summary>
    internal void ValidateAnswers(string argumentName)
    {
        Require.InRange(argumentName, RetryThreshold, int.MaxValue);
        if (ClientHelloTimeout <= TimeSpan.Zero)
        {
            // Without an end, what never becomes a handshake would be kept for ever.
            throw new ArgumentOutOfRangeException(argumentName, ClientHelloTimeout, $"'{nameof(ClientHelloTimeout)}' must be positive, and have an end.");
        }

        if (Versions is not null)
        {
            Require.Versions(argumentName, Versions);
        }

        Require.InRange(argumentName, ListenBacklog, int.MaxValue);
        ValidatePreferred(PreferredIPv4EndPoint, nameof(PreferredIPv4EndPoint), AddressFamily.InterNetwork, argumentName);
        ValidatePreferred(PreferredIPv6EndPoint, nameof(PreferredIPv6EndPoint), AddressFamily.InterNetworkV6, argumentName);
        Require.NotNull(argumentName, ConnectionOptionsCallback);
        if (ApplicationProtocols is null or { Count: 0 })
        {
            throw new ArgumentNullException(argumentName, $"'{nameof(ApplicationProtocols)}' must name at least one protocol.");
        }
    }

    private static void ValidatePreferred(IPEndPoint? endPoint, string name, AddressFamily family, string argumentName)
    {
        if (endPoint is not null
            && (endPoint.AddressFamily != family || endPoint.Address.Equals(IPAddress.Any) || endPoint.Address.Equals(IPAddress.IPv6Any)))
        {
            throw new ArgumentException($"'{name}' is {endPoint}: it must be one address that clients can reach, of the family in its name.", argumentName);
        }
    }
}
