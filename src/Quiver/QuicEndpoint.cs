using System.Net;
using System.Net.Sockets;
using Quiver.Driving;
using Quiver.Sockets;

namespace Quiver;

/// <summary>
/// One UDP socket for a listener (or several, for different application protocols), any number of outgoing connections, and datagrams that
/// are not QUIC, such as STUN. With a socket of its own a peer behind a NAT is reached at the port that it sends from.
/// Whoever needs none of that uses <see cref="QuicListener"/> and <see cref="QuicConnection"/> alone.
/// </summary>
public sealed class QuicEndpoint : IAsyncDisposable
{
    /// <summary>The two highest bits of the first byte; QUIC sets one of them at least. RFC 9000 §17.2, §17.3.1.</summary>
    private const byte QuicBits = 0xC0;

    private readonly EndpointLoop _loop;
    private int _isDisposed;

    private QuicEndpoint(EndpointLoop loop)
    {
        _loop = loop;
        LocalEndPoint = loop.LocalEndPoint;
    }

    /// <summary>Where the socket is bound, with the port it got.</summary>
    public IPEndPoint LocalEndPoint { get; }

    /// <summary>Datagrams that were not QUIC and came while 128 others waited for <see cref="ReceiveNonQuicAsync"/>: they are lost.</summary>
    public long DroppedNonQuicDatagrams => _loop.NonQuic!.Dropped; // An endpoint's loop has it.

    /// <summary>Binds a new socket.</summary>
    /// <param name="localEndPoint">Port 0 takes a free one, <c>IPAddress.IPv6Any</c> takes IPv4 too.</param>
    /// <param name="options">Null: the defaults.</param>
    /// <exception cref="SocketException">The address or port cannot be had.</exception>
    public static QuicEndpoint Bind(IPEndPoint localEndPoint, QuicEndpointOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(localEndPoint);
        EndpointIdentity identity = CreateIdentity(options);
        return Open(DatagramSockets.Bind(localEndPoint, DatagramSocketOptions.Default), identity);
    }

    /// <summary>Takes a UDP socket that is bound already. From now on nobody else may read from it; its options are set as Quiver needs them.</summary>
    /// <param name="socket">Bound and not connected.</param>
    /// <param name="ownsSocket">Whether <see cref="DisposeAsync"/> closes it.</param>
    /// <param name="options">Null: the defaults.</param>
    /// <exception cref="ArgumentException">It is not a UDP socket, or not bound.</exception>
    public static QuicEndpoint FromSocket(Socket socket, bool ownsSocket = true, QuicEndpointOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(socket);
        if (socket.SocketType != SocketType.Dgram || socket.AddressFamily is not (AddressFamily.InterNetwork or AddressFamily.InterNetworkV6)
            || !socket.IsBound)
        {
            throw new ArgumentException("The socket must be a UDP socket that is bound.", nameof(socket));
        }

        EndpointIdentity identity = CreateIdentity(options);
        return Open(DatagramSockets.Use(socket, DatagramSocketOptions.Default, ownsSocket), identity);
    }

    /// <summary>Starts to listen; as <see cref="QuicListener.ListenAsync"/>, but for <see cref="QuicListenerOptions.ListenEndPoint"/>, which must not be set.</summary>
    /// <param name="options">How to answer.</param>
    /// <param name="cancellationToken">Ignored: nothing is waited for.</param>
    /// <exception cref="ObjectDisposedException">The endpoint was disposed.</exception>
    /// <exception cref="InvalidOperationException">The endpoint's connection ids are empty: clients could not be told apart.</exception>
    public ValueTask<QuicListener> ListenAsync(QuicListenerOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.ListenEndPoint is not null)
        {
            throw new ArgumentException($"'{nameof(QuicListenerOptions.ListenEndPoint)}' must not be set: the endpoint has its own.", nameof(options));
        }

        options.ValidateAnswers(nameof(options));
        return _loop.Identity.Ids.Length > 0
            ? ValueTask.FromResult(QuicListener.Listen(options, EndpointRegistry.Acquire(_loop)))
            : throw new InvalidOperationException("An endpoint with empty connection ids cannot listen: it could not tell its clients apart.");
    }

    /// <summary>Connects from the endpoint's socket; as <see cref="QuicConnection.ConnectAsync"/>, but for the options' local endpoint, which must not be set.</summary>
    /// <param name="options">Where to, and how.</param>
    /// <param name="cancellationToken">Cancels the attempt.</param>
    /// <exception cref="ObjectDisposedException">The endpoint was disposed.</exception>
    public ValueTask<QuicConnection> ConnectAsync(QuicClientConnectionOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.LocalEndPoint is not null)
        {
            throw new ArgumentException(
                $"'{nameof(QuicClientConnectionOptions.LocalEndPoint)}' must not be set: the endpoint has its own.", nameof(options));
        }

        ObjectDisposedException.ThrowIf(Volatile.Read(ref _isDisposed) != 0, this);
        options.Validate(nameof(options));
        return ClientConnector.ConnectAsync(options, _loop, cancellationToken);
    }

    /// <summary>
    /// Takes the next datagram whose first two bits are zero, which QUIC's never are, waiting for one. Up to 128 wait. What does not fit into
    /// the buffer is cut off.
    /// </summary>
    /// <param name="buffer">Gets the datagram.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>How many bytes came, and from where.</returns>
    /// <exception cref="ObjectDisposedException">The endpoint was disposed, before or while waiting.</exception>
    public ValueTask<SocketReceiveFromResult> ReceiveNonQuicAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        _loop.NonQuic!.ReceiveAsync(buffer, cancellationToken); // An endpoint's loop has it.

    /// <summary>Sends a datagram whose first two bits are zero, so that no QUIC endpoint takes it for its own.</summary>
    /// <param name="datagram">One byte at least.</param>
    /// <param name="remoteEndPoint">Where to.</param>
    /// <param name="cancellationToken">Ignored: sending does not wait.</param>
    /// <exception cref="ArgumentException">The datagram is empty, or looks like QUIC.</exception>
    /// <exception cref="SocketException">The system would not send it.</exception>
    public ValueTask SendNonQuicAsync(ReadOnlyMemory<byte> datagram, IPEndPoint remoteEndPoint, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(remoteEndPoint);
        if (datagram.IsEmpty || (datagram.Span[0] & QuicBits) != 0)
        {
            throw new ArgumentException("The two highest bits of the first byte must be zero.", nameof(datagram));
        }

        ObjectDisposedException.ThrowIf(Volatile.Read(ref _isDisposed) != 0, this);
        _loop.NonQuic!.Send(datagram.Span, remoteEndPoint); // An endpoint's loop has it.
        return ValueTask.CompletedTask;
    }

    /// <summary>
    /// Ends everything on the socket: listeners are disposed, connections (accepted or not) are closed with their default close code, waiting
    /// calls throw. Completes when the last closing period is over (three probe time-outs) and the socket is closed, or given back.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
        {
            await _loop.Closed.ConfigureAwait(false);
            return;
        }

        EndpointRegistry.Refuse(_loop);
        _loop.NonQuic!.Complete(); // An endpoint's loop has it.
        foreach (ListenerDriver listener in _loop.Listeners.Snapshot())
        {
            await listener.DisposeAsync().ConfigureAwait(false);
        }

        foreach (ConnectionDriver connection in _loop.Endpoint.Snapshot())
        {
            await connection.Closing.DisposeAsync().ConfigureAwait(false);
        }

        await EndpointRegistry.ReleaseAsync(_loop).ConfigureAwait(false);
        await _loop.Closed.ConfigureAwait(false);
    }

    /// <summary>The endpoint in words, for logs.</summary>
    public override string ToString() => $"QUIC endpoint on {LocalEndPoint}";

    private static EndpointIdentity CreateIdentity(QuicEndpointOptions? options)
    {
        options ??= new QuicEndpointOptions();
        options.Validate(nameof(options));
        return new EndpointIdentity(options);
    }

    /// <summary>Takes a socket of any kind.</summary>
    internal static QuicEndpoint Open(IDatagramSocket socket, EndpointIdentity identity) => new(EndpointRegistry.Open(socket, identity));
}
