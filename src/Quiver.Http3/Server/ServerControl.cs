using System.Text;
using Quiver.Http3.Priorities;
using Quiver.Http3.Sessions;

namespace Quiver.Http3.Server;

/// <summary>What a client may say on its control stream. RFC 9114 §7.2, RFC 9218 §7.2.</summary>
internal sealed class ServerControl(Http3Session session, ServerRequests requests) : IControlEvents
{
    private ulong _goAway = ulong.MaxValue;
    private ulong? _maxPushId;

    public void OnSettings(Http3Settings settings) => session.OnSettings(settings);

    public void OnGoAway(ulong id)
    {
        if (id > _goAway)
        {
            // RFC 9114 §5.2: it may only become smaller.
            Http3ProtocolException.Throw(Http3ErrorCode.IdError, $"A GOAWAY with id {id} follows one with {_goAway}.");
        }

        session.Budget.Spend("GOAWAY frames");
        _goAway = id;
    }

    public void OnMaxPushId(ulong id)
    {
        if (id < _maxPushId)
        {
            // RFC 9114 §7.2.7: it may only become larger.
            Http3ProtocolException.Throw(Http3ErrorCode.IdError, $"A MAX_PUSH_ID of {id} follows one of {_maxPushId}.");
        }

        session.Budget.Spend("MAX_PUSH_ID frames");
        _maxPushId = id;
    }

    public void OnCancelPush(ulong id) =>
        // RFC 9114 §7.2.3: we promise none.
        Http3ProtocolException.Throw(Http3ErrorCode.IdError, $"The client cancels push {id}, which was not promised.");

    public void OnPriorityUpdate(ulong streamId, ReadOnlySpan<byte> value)
    {
        session.Budget.Spend("PRIORITY_UPDATE frames");
        if (streamId % 4 != 0)
        {
            // RFC 9218 §7.2: a request stream.
            Http3ProtocolException.Throw(Http3ErrorCode.IdError, $"A PRIORITY_UPDATE is about stream {streamId}, which is no request stream.");
        }

        requests.OnPriorityUpdate(streamId, PriorityField.Parse(Encoding.Latin1.GetString(value)));
    }

    public void OnPushPriorityUpdate(ulong pushId) =>
        // RFC 9218 §7.2: we promise none.
        Http3ProtocolException.Throw(Http3ErrorCode.IdError, $"A PRIORITY_UPDATE is about push {pushId}, which was not promised.");
}
