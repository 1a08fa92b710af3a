namespace Quiver.Protocol.Datagrams;

/// <summary>Whether a datagram was taken to be sent.</summary>
internal enum DatagramAdmission
{
    Queued,

    /// <summary>The queue is full; <see cref="IDatagramEvents.OnRoom"/> follows.</summary>
    Full,

    /// <summary>Larger than the peer or the path takes.</summary>
    TooLarge,

    /// <summary>The peer takes none.</summary>
    NotSupported,
}
