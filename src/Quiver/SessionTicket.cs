using Quiver.Protocol.Tls.Resumption;
using Quiver.Protocol.TransportParameters;
using Quiver.Resumption;

namespace Quiver;

/// <summary>
/// What a client keeps of a connection to resume it: the server's ticket, its secret key, and what was negotiated. For one use.
/// RFC 9846 §4.7.1.
/// </summary>
public sealed class SessionTicket
{
    internal SessionTicket(
        TlsSession session, TransportParameterSet parameters, VerificationMark verification, DateTimeOffset receivedAt, DateTimeOffset expiresAt)
    {
        Session = session;
        Parameters = parameters;
        Verification = verification;
        ReceivedAt = receivedAt;
        ExpiresAt = expiresAt;
    }

    /// <summary>When it came.</summary>
    public DateTimeOffset ReceivedAt { get; }

    /// <summary>From when on it is of no use: the server's word, at most seven days, and not beyond the server's certificate.</summary>
    public DateTimeOffset ExpiresAt { get; }

    /// <summary>Whether the server takes early data with it.</summary>
    public bool AllowsEarlyData => Session.AllowsEarlyData;

    internal TlsSession Session { get; }

    internal TransportParameterSet Parameters { get; }

    internal VerificationMark Verification { get; }

    /// <summary>
    /// The ticket as bytes, to be kept beyond the process. They hold the key of the next connection: store them as you would a password.
    /// </summary>
    public byte[] Export() => TicketFormat.Write(this);

    /// <summary>
    /// Reads what <see cref="Export"/> wrote. When a callback had accepted the server's certificate, the certificate is judged again on use,
    /// and no early data is sent.
    /// </summary>
    /// <param name="data">The bytes.</param>
    /// <exception cref="FormatException">They are not a ticket of this release.</exception>
    public static SessionTicket Import(ReadOnlySpan<byte> data) => TicketFormat.Read(data);
}
