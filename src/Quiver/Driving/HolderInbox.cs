using System.Net.Sockets;
using Quiver.Protocol.Connections;

namespace Quiver.Driving;

/// <summary>
/// What is left for the thread that holds a connection's lock. Writers leave a note and then try the lock; the holder looks for notes
/// after it has released the lock. Each side's write is fenced before its look, so one of them sees the other.
/// </summary>
internal sealed class HolderInbox
{
    private readonly DatagramInbox _datagrams = new();
    private int _notes;
    private int _sendError;

    public bool IsEmpty => Volatile.Read(ref _notes) == 0;

    public void Leave(HolderNotes note) => Interlocked.Or(ref _notes, (int)note);

    /// <summary>Copies a datagram, or drops it when there is no room; leave a note after the last one.</summary>
    public void Add(ReadOnlySpan<byte> datagram, in DatagramArrival arrival) => _datagrams.TryAdd(datagram, in arrival);

    /// <summary>The slab was sent, with success or not.</summary>
    public void LeaveSent(SocketError error)
    {
        if (error == SocketError.Success)
        {
            Leave(HolderNotes.Sent);
        }
        else
        {
            Volatile.Write(ref _sendError, (int)error);
            Leave(HolderNotes.Sent | HolderNotes.SendRefused);
        }
    }

    public HolderNotes Take() => IsEmpty ? HolderNotes.None : (HolderNotes)Interlocked.Exchange(ref _notes, 0);

    /// <summary>The error of the note <see cref="HolderNotes.SendRefused"/>.</summary>
    public SocketError SendError => (SocketError)Volatile.Read(ref _sendError);

    public InboxPage? TakeDatagrams() => _datagrams.TakeAll();

    public void Return(InboxPage page) => _datagrams.Return(page);
}
