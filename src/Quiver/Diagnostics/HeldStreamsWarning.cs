namespace Quiver.Diagnostics;

/// <summary>The log's line on a connection on which no stream can be opened because the application holds those that there are.</summary>
internal sealed class HeldStreamsWarning(string connection, int count, string streams) : IThreadPoolWorkItem
{
    public void Execute() => QuiverLog.StreamsHeld(QuicDiagnostics.Logger, connection, count, streams);
}
