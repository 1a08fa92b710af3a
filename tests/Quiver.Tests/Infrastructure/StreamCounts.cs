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
}
