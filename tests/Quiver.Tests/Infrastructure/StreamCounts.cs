using Quiver.Driving;
using Quiver.Protocol.Streams;

namespace Quiver.Tests.Infrastructure;

/// <summary>What a connection holds for its streams.</summary>
internal static class StreamCounts
{
    /// <summary>Streams that are not over on the wire.</summary>
    public static int OnWire(QuicConnection connection)
    {
        connection.Driver.Enter();
        try
        {
            return connection.Driver.Core.StreamCount;
        }
        finally
        {
            connection.Driver.Leave();
        }
    }

    /// <summary>Streams with something to read, or not over.</summary>
    public static int Live(QuicConnection connection)
    {
        connection.Driver.Enter();
        try
        {
            return connection.Driver.Streams.Live.Count;
        }
        finally
        {
            connection.Driver.Leave();
        }
    }

    /// <summary>Every stream that is left, in words.</summary>
    public static string Describe(QuicConnection connection)
    {
        connection.Driver.Enter();
        try
        {
            var words = new List<string>();
            foreach (StreamDriver stream in connection.Driver.Streams.Live)
            {
                QuicStreamState state = stream.State;
                words.Add(
                    $"{state.Id} disposed {stream.IsDisposed} started {stream.IsStarted} send {state.Send?.State} {state.Send?.Buffered} control {state.HasControlFrames}"
                    + $" finishing {state.Send?.IsFinishing} in line {state.Send?.Queue is not null} blocked {state.Send?.IsWaitingForConnection}"
                    + $" receive {state.Receive?.State} {state.Receive?.Unread} stopped {state.Receive?.IsStopped} pending {stream.Reader?.IsPending} {stream.Writer?.IsPending}");
            }

            StreamContext context = connection.Driver.Core.Streams!;
            return $"{connection.Driver.Core.StreamCount} on the wire, send {context.SendCredit.Used}/{context.SendCredit.Limit},"
                + $" receive {context.ReceiveCredit.Consumed}/{context.ReceiveCredit.Received}/{context.ReceiveCredit.Limit}, {string.Join(", ", words)}";
        }
        finally
        {
            connection.Driver.Leave();
        }
    }
}
