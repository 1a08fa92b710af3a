using Quiver.AspNetCore.Streams;

namespace Quiver.AspNetCore.Connections;

/// <summary>
/// What the requests of one connection have flushed and the transport has not got yet. It is written by one work item, which comes up behind
/// the requests that are waiting for the thread pool: so answers that are made at about the same time go out in the same packets, and the end of
/// an answer with its last bytes.
/// </summary>
internal sealed class WriteBatch(QuicConnection connection) : IThreadPoolWorkItem
{
    private readonly Lock _lock = new();
    private StreamOutput? _first;
    private StreamOutput? _last;
    private bool _isQueued;

    /// <summary>Each output once, until its <see cref="StreamOutput.WriteOut"/> was called.</summary>
    public void Add(StreamOutput output)
    {
        lock (_lock)
        {
            output.NextInBatch = null;
            if (_last is null)
            {
                _first = output;
            }
            else
            {
                _last.NextInBatch = output;
            }

            _last = output;
            if (_isQueued)
            {
                return;
            }

            _isQueued = true;
        }

        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    public void Execute()
    {
        lock (_lock)
        {
            _isQueued = false;
        }

        WriteNow();
    }

    /// <summary>Writes what waits, at once.</summary>
    public void WriteNow()
    {
        if (Take() is { } first)
        {
            connection.WriteTogether(WriteAll, first);
        }
    }

    private static void WriteAll(StreamOutput first)
    {
        for (StreamOutput? output = first; output is not null;)
        {
            // It may be added again as soon as it is written.
            StreamOutput? next = output.NextInBatch;
            output.WriteOut();
            output = next;
        }
    }

    private StreamOutput? Take()
    {
        lock (_lock)
        {
            StreamOutput? first = _first;
            _first = null;
            _last = null;
            return first;
        }
    }
}
