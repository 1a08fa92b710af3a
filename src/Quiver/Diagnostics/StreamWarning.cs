namespace Quiver.Diagnostics;

/// <summary>What is to be logged about streams of a connection, when no lock is held and no loop waits.</summary>
internal sealed class StreamWarning(string connection, QuicStreamHalves halves, int count, bool isAge, TimeSpan untouched, string streams) : IThreadPoolWorkItem
{
    public void Execute()
    {
        if (isAge)
        {
            QuiverLog.StreamsNeglected(QuicDiagnostics.Logger, count, connection, Finding(halves), untouched, Remedy(halves), streams);
        }
        else
        {
            QuiverLog.StreamsPileUp(QuicDiagnostics.Logger, count, connection, Finding(halves), Remedy(halves), streams);
        }
    }

    private static string Finding(QuicStreamHalves halves) => halves switch
    {
        QuicStreamHalves.Open => "are open",
        QuicStreamHalves.WriteFinished => "are finished by you, but their read half is open",
        QuicStreamHalves.ReadFinished => "are read to the end or given up, but their write half is open",
        QuicStreamHalves.FinishedUnread => "are finished by both sides but unread",
        QuicStreamHalves.NotAccepted => "were opened by the peer and are not accepted",
        QuicStreamHalves.Closing => "are disposed, but not yet ended by the peer",
        _ => throw new ArgumentOutOfRangeException(nameof(halves)),
    };

    private static string Remedy(QuicStreamHalves halves) => halves switch
    {
        QuicStreamHalves.Open => "dispose those that you are done with",
        QuicStreamHalves.WriteFinished or QuicStreamHalves.FinishedUnread => "read them to the end, call CloseRead() or dispose them",
        QuicStreamHalves.ReadFinished => "call CloseWrite() or dispose them",
        QuicStreamHalves.NotAccepted => "call AcceptInboundStreamAsync(), or let the peer open fewer",
        QuicStreamHalves.Closing => "the peer has to read, finish or reset them; Abort() gives up what it does not take",
        _ => throw new ArgumentOutOfRangeException(nameof(halves)),
    };
}
