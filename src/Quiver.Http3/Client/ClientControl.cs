using Quiver.Http3.Sessions;

namespace Quiver.Http3.Client;

/// <summary>What a server may say on its control stream. RFC 9114 §7.2.</summary>
internal sealed class ClientControl(Http3Session session, RequestTable requests, RememberingTicketStore? tickets) : IControlEvents
{
    public void OnSettings(Http3Settings settings)
    {
        session.OnSettings(settings);
        tickets?.Remember(settings);
    }

    public void OnGoAway(ulong id)
    {
        if (id % 4 != 0)
        {
            // RFC 9114 §7.2.6: the id of a request stream.
            Http3ProtocolException.Throw(Http3ErrorCode.IdError, $"A GOAWAY has the id {id}, which is none of a request stream.");
        }

        session.Budget.Spend("GOAWAY frames");
        requests.OnGoAway(id);
    }

    public void OnMaxPushId(ulong id) =>
        // RFC 9114 §7.2.7: of clients only.
        Http3ProtocolException.Throw(Http3ErrorCode.FrameUnexpected, "The server sent MAX_PUSH_ID.");

    public void OnCancelPush(ulong id) =>
        // RFC 9114 §7.2.3: greater than allowed, as none is.
        Http3ProtocolException.Throw(Http3ErrorCode.IdError, "The server cancels a push, and was never allowed any.");

    public void OnPriorityUpdate(ulong streamId, ReadOnlySpan<byte> value) => OnPushPriorityUpdate(streamId);

    public void OnPushPriorityUpdate(ulong pushId) =>
        // RFC 9218 §7.2: of clients only.
        Http3ProtocolException.Throw(Http3ErrorCode.FrameUnexpected, "The server sent PRIORITY_UPDATE.");
}
