namespace Quiver.Http3.Priorities;

/// <summary>Urgency in terms of the transport's scheduler, where 255 is first and the default in the middle. RFC 9218 §10.</summary>
internal static class StreamPriority
{
    /// <summary>Levels between two urgencies, so that all eight stay clear of 255, where the control streams are.</summary>
    private const int Step = 16;

    public static void Apply(QuicStream stream, Http3Priority priority)
    {
        try
        {
            stream.Priority = (byte)(QuicStream.DefaultPriority + ((Http3Priority.DefaultUrgency - priority.Urgency) * Step));
            stream.IsIncremental = priority.IsIncremental;
        }
        catch (ObjectDisposedException)
        {
            // The response is out already.
        }
    }
}
