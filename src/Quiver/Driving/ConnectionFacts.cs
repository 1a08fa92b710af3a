using Quiver.Protocol.Connections;
using Quiver.Protocol.Paths;
using Quiver.Protocol.Primitives;
using Quiver.Protocol.Streams;
using Quiver.Protocol.Tls;
using Quiver.Protocol.Tls.Resumption;
using Quiver.Protocol.TransportParameters;
using Quiver.Security;

namespace Quiver.Driving;

/// <summary>Notes what a connection tells under its lock, for the driver to act on afterwards.</summary>
internal sealed class ConnectionFacts(ConnectionDriver driver) : IConnectionEvents
{
    private Outcome _outcome;

    /// <summary>Whether closing or draining is over.</summary>
    public bool IsDrained { get; private set; }

    /// <summary>Whether there is something for <see cref="Take"/>.</summary>
    public bool HasNews { get; private set; }

    /// <summary>What happened since the last call, to act on without the lock.</summary>
    public Outcome Take()
    {
        if (!HasNews)
        {
            return default;
        }

        Outcome outcome = _outcome;
        _outcome = default;
        HasNews = false;
        return outcome;
    }

    public void OnHandshakeSuspended(TlsSuspension suspension)
    {
        _outcome.Suspension = suspension;
        HasNews = true;
    }

    public void OnHandshakeComplete()
    {
        _outcome.IsHandshakeComplete = true;
        HasNews = true;
    }

    public void OnEarlyData(bool isAccepted)
    {
        if (!isAccepted && driver.Role == EndpointRole.Client)
        {
            driver.Streams.OnEarlyDataRejected();
        }

        _outcome.IsEarlyDataAccepted = isAccepted;
        HasNews = true;
    }

    public void OnSessionTicket(TlsSession session, TransportParameterSet parameters)
    {
        (_outcome.Tickets ??= []).Add((session, parameters));
        HasNews = true;
    }

    public void OnStreamOpenedByPeer(QuicStreamState stream) => driver.Streams.OnOpenedByPeer(stream);

    public void OnStreamCreditGranted(StreamDirection direction, ulong increment)
    {
        driver.Streams.OnCreditGranted();
        int growth = (int)Math.Min(increment, int.MaxValue);
        if (direction == StreamDirection.Bidirectional)
        {
            _outcome.BidirectionalCredit += growth;
        }
        else
        {
            _outcome.UnidirectionalCredit += growth;
        }

        HasNews = true;
    }

    public void OnAddressToken(ReadOnlySpan<byte> token)
    {
        _outcome.AddressToken = token.ToArray();
        HasNews = true;
    }

    public bool TryAddConnectionId(in ConnectionId connectionId) => driver.Loops.TryAdd(connectionId);

    public void OnConnectionIdRemoved(in ConnectionId connectionId) => driver.Loops.Remove(connectionId);

    public void OnStatelessResetTokenAdded(in StatelessResetToken token, in PathAddress remote) => driver.Loops.AddResetToken(token, remote);

    public void OnStatelessResetTokenRemoved(in StatelessResetToken token) => driver.Loops.RemoveResetToken(token);

    public void OnPathChanged(in PathAddress local, in PathAddress remote)
    {
        // Whoever wants to know asks the core.
    }

    public void OnPathValidated(NetworkPath path) => driver.Paths.OnValidated(path);

    public void OnPathGone(NetworkPath path)
    {
        if (driver.Paths.OnGone(path) is { } loop)
        {
            (_outcome.Released ??= []).Add(loop);
            HasNews = true;
        }
    }

    public void OnPreferredAddress(in PathAddress remote)
    {
        _outcome.PreferredAddress = remote;
        HasNews = true;
    }

    public void OnKeyLog(string label, ReadOnlySpan<byte> clientRandom, ReadOnlySpan<byte> secret) =>
        KeyLogFile.Shared?.Write(label, clientRandom, secret);

    public void OnClosed(CloseReason reason)
    {
        _outcome.CloseReason = reason;
        HasNews = true;
        driver.Closing.OnClosed(reason);
        driver.Streams.OnConnectionClosed();
        driver.Datagrams.OnConnectionClosed();
        driver.Paths.OnConnectionClosed();
    }

    public void OnDrained()
    {
        IsDrained = true;
        _outcome.IsDrained = true;
        HasNews = true;
    }

    /// <summary>What is acted on after the lock was released.</summary>
    internal struct Outcome
    {
        public TlsSuspension Suspension { get; set; }

        public bool IsHandshakeComplete { get; set; }

        public bool IsDrained { get; set; }

        /// <summary>Null: nothing was decided.</summary>
        public bool? IsEarlyDataAccepted { get; set; }

        public List<(TlsSession Session, TransportParameterSet Parameters)>? Tickets { get; set; }

        /// <summary>The last that came; null: none.</summary>
        public byte[]? AddressToken { get; set; }

        public CloseReason? CloseReason { get; set; }

        /// <summary>Client: where the server would rather be reached.</summary>
        public PathAddress? PreferredAddress { get; set; }

        /// <summary>Loops of paths that are gone.</summary>
        public List<EndpointLoop>? Released { get; set; }

        public int BidirectionalCredit { get; set; }

        public int UnidirectionalCredit { get; set; }
    }
}
