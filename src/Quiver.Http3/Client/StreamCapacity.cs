namespace Quiver.Http3.Client;

/// <summary>How many more request streams the server lets us open. Made before the connection, which reports to it. Thread-safe.</summary>
internal sealed class StreamCapacity
{
    private long _granted;
    private long _opened;
    private Action? _changed;

    /// <summary>Streams that can be opened without waiting.</summary>
    public int Available => (int)Math.Clamp(Interlocked.Read(ref _granted) - Interlocked.Read(ref _opened), 0, int.MaxValue);

    /// <summary>Listens to the connection that is made with the options, along with whom they name.</summary>
    public static StreamCapacity Watch(QuicClientConnectionOptions options)
    {
        StreamCapacity capacity = new();
        Action<QuicConnection, QuicStreamCapacityChangedArgs>? others = options.StreamCapacityCallback;
        options.StreamCapacityCallback = (connection, args) =>
        {
            capacity.OnGranted(args.BidirectionalIncrement);
            others?.Invoke(connection, args);
        };
        return capacity;
    }

    public void OnOpening() => Interlocked.Increment(ref _opened);

    /// <summary>Who wants to know of more.</summary>
    public void Attach(Action changed) => Volatile.Write(ref _changed, changed);

    private void OnGranted(int count)
    {
        if (count > 0)
        {
            Interlocked.Add(ref _granted, count);
            Volatile.Read(ref _changed)?.Invoke();
        }
    }
}
