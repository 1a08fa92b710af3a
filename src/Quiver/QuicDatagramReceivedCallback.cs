namespace Quiver;

/// <summary>Gets one datagram. Runs on the thread pool, one call at a time and in order of arrival.</summary>
/// <param name="connection">The connection that it came on.</param>
/// <param name="datagram">Its bytes, valid until the call returns.</param>
public delegate void QuicDatagramReceivedCallback(QuicConnection connection, ReadOnlySpan<byte> datagram);
