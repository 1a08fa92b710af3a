using Quiver.Diagnostics;
using Quiver.Protocol.Connections;
using Quiver.Protocol.Endpoints;
using Quiver.Protocol.Packets;
using Quiver.Protocol.Primitives;

namespace Quiver.Driving;

/// <summary>
/// Finds the connection of each datagram that comes to a loop, lets clients in or turns them away, and answers what belongs to nobody.
/// For the loop's thread.
/// </summary>
internal sealed class IncomingDatagrams(EndpointLoop loop)
{
    /// <summary>The two bits that are zero in what shares a port with QUIC: STUN and the like. RFC 9000 §17.2, §17.3.1.</summary>
    private const byte QuicBits = PacketHeader.LongFormBit | PacketHeader.FixedBit;

    private readonly StatelessAnswers _answers = new(loop.Identity.Ids, loop.Identity.Tokens, SystemRandomSource.Instance);
    private readonly EarlyPackets _early = new();
    private readonly RetryQuestions _questions = new(loop);
    private readonly byte[] _reply = new byte[StatelessAnswers.MaxLength];
    private IReadOnlyList<(byte[] Datagram, DatagramArrival Arrival)> _overtaken = [];

    private static long UnixMilliseconds => DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();

    /// <summary>The connection that the datagram is for; null when it is for none, or was seen to.</summary>
    public ConnectionDriver? FindTarget(ReadOnlySpan<byte> datagram, in DatagramArrival arrival, Timestamp now)
    {
        Route<ConnectionDriver> route = loop.Endpoint.Route(datagram, in arrival);
        switch (route.Kind)
        {
            case RouteKind.Deliver:
                return route.Connection;
            case RouteKind.Create:
                return Admit(datagram, route.Initial, in arrival, needsRetry: null, now);
            case RouteKind.KeepEarly:
                _early.Keep(route.Initial.DestinationConnectionId, datagram, in arrival, now);
                return null;
            case RouteKind.NegotiateVersion:
                Send(_answers.WriteVersionNegotiation(datagram, loop.Endpoint.Versions, _reply, now), in arrival);
                return null;
            case RouteKind.Reset:
                Send(_answers.WriteReset(datagram, _reply, now), in arrival);
                return null;
            case RouteKind.StatelessReset:
                route.Connection?.OnStatelessReset();
                return null;
            default:
                if (!datagram.IsEmpty && (datagram[0] & QuicBits) == 0)
                {
                    loop.NonQuic?.Add(datagram, arrival.Remote);
                }

                return null;
        }
    }

    /// <summary>What had overtaken the Initial of the connection that was found last.</summary>
    public IReadOnlyList<(byte[] Datagram, DatagramArrival Arrival)> TakeOvertaken()
    {
        IReadOnlyList<(byte[] Datagram, DatagramArrival Arrival)> overtaken = _overtaken;
        _overtaken = [];
        return overtaken;
    }

    /// <summary>Goes on with clients about whom the application was asked.</summary>
    public void TakeAnswers(Timestamp now)
    {
        while (_questions.TryTakeAnswer(out RetryQuestions.Question? answered))
        {
            foreach ((byte[] datagram, DatagramArrival arrival) in answered.Datagrams)
            {
                // The first of them makes the connection, if one is made.
                Route<ConnectionDriver> route = loop.Endpoint.Route(datagram, arrival);
                ConnectionDriver? target = route.Kind == RouteKind.Create
                    ? Admit(datagram, route.Initial, arrival, answered.NeedsRetry, now)
                    : route.Connection;
                if (target is null)
                {
                    break;
                }

                target.Post(datagram, arrival);
                foreach ((byte[] early, DatagramArrival earlyArrival) in TakeOvertaken())
                {
                    target.Post(early, earlyArrival);
                }

                target.OnPosted();
            }
        }
    }

    /// <summary>A client's first packet. <paramref name="needsRetry"/>: what the application said; null before it was asked.</summary>
    private ConnectionDriver? Admit(
        ReadOnlySpan<byte> datagram, in ServerInitial first, in DatagramArrival arrival, bool? needsRetry, Timestamp now)
    {
        if (!PacketHeader.TryRead(datagram, loop.Identity.Ids.Length, out PacketHeader header))
        {
            return null;
        }

        ServerInitial initial = first;
        if (!header.Token.IsEmpty && !AddressValidation.TryValidate(
            loop.Identity.Tokens, header.Token, first, UnixMilliseconds, loop.Identity.UsedTokens, out initial))
        {
            Send(_answers.WriteInvalidToken(datagram, header, first, _reply, now), in arrival);
            return null;
        }

        if (loop.Listeners.IsFull)
        {
            QuiverLog.ConnectionRefused(QuicDiagnostics.Logger, arrival.Remote.ToIPEndPoint(), loop.Listeners.UnderWay);
            Send(_answers.WriteRefusal(initial, _reply, now), in arrival);
            return null;
        }

        if (!initial.IsAddressValidated)
        {
            if (needsRetry ?? loop.Listeners.WantsRetry)
            {
                Send(_answers.WriteRetry(initial, _reply, UnixMilliseconds), in arrival);
                return null;
            }

            if (needsRetry is null && loop.Listeners.HasRetryCallback)
            {
                _questions.Ask(initial.DestinationConnectionId, datagram, in arrival);
                return null;
            }
        }

        ConnectionDriver? created = loop.Listeners.CreateConnection(initial, now);
        _overtaken = created is null ? [] : _early.Take(initial.DestinationConnectionId, now);
        return created;
    }

    private void Send(int length, in DatagramArrival arrival)
    {
        if (length > 0)
        {
            loop.Socket.Send(_reply.AsSpan(0, length), length, arrival.Local, arrival.Remote, EcnCodepoint.NotEct, out _);
        }
    }
}
