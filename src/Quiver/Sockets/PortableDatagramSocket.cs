using System.Net;
using System.Net.Sockets;
using Quiver.Protocol.Connections;
using Quiver.Protocol.Primitives;

namespace Quiver.Sockets;

/// <summary>
/// The socket for every system that .NET runs on: one datagram a call, no ECN. The platform cannot choose a source address for a
/// datagram, so the local address is always the bound one, and knowing the asked one would be of no use.
/// </summary>
internal sealed class PortableDatagramSocket : IDatagramSocket
{
    private readonly Socket _socket;
    private readonly PathAddress _bound;
    private readonly WakeUpSender _wakeUps;
    private readonly SocketAddress _received;
    private readonly ThreadLocal<SocketAddress> _sent;

    private readonly bool _ownsSocket;

    private PortableDatagramSocket(Socket socket, bool ownsSocket)
    {
        _ownsSocket = ownsSocket;
        _socket = socket;
        // A bound socket of these families has such an end point.
        LocalEndPoint = (IPEndPoint)socket.LocalEndPoint!;
        _bound = PathAddress.From(LocalEndPoint);
        _wakeUps = new WakeUpSender(LocalEndPoint);
        _received = new SocketAddress(socket.AddressFamily);
        _sent = new ThreadLocal<SocketAddress>(() => new SocketAddress(socket.AddressFamily));
    }

    public IPEndPoint LocalEndPoint { get; }

    public bool IsClosed => _socket.SafeHandle.IsClosed;

    public int MaxSegments => 1;

    public static PortableDatagramSocket Bind(IPEndPoint local, DatagramSocketOptions options)
    {
        Socket socket = BoundSocket.Create(local, options, x => Configure(x, options));
        try
        {
            return new PortableDatagramSocket(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Takes a bound socket of the application.</summary>
    public static PortableDatagramSocket Use(Socket socket, DatagramSocketOptions options, bool ownsSocket)
    {
        Configure(socket, options);
        return new PortableDatagramSocket(socket, ownsSocket);
    }

    public int Receive(ReceiveBatch batch, TimeSpan timeout)
    {
        batch.Clear();
        if (!Poll(timeout))
        {
            return 0;
        }

        for (int slot = 0; slot < batch.Slots && TryReceive(batch, slot); slot++)
        {
        }

        return batch.Count;
    }

    public bool Send(
        ReadOnlySpan<byte> datagrams, int segmentSize, in PathAddress local, in PathAddress remote, EcnCodepoint ecn, out SocketError error)
    {
        error = SocketError.Success;
        try
        {
            // The factory above never gives null.
            SocketAddress address = _sent.Value!;
            if (!SocketAddressConverter.TryWrite(remote, address))
            {
                error = SocketError.AddressFamilyNotSupported;
                return false;
            }

            while (!datagrams.IsEmpty)
            {
                int length = Math.Min(segmentSize, datagrams.Length);
                _socket.SendTo(datagrams[..length], SocketFlags.None, address);
                datagrams = datagrams[length..];
            }

            return true;
        }
        catch (SocketException e)
        {
            error = e.SocketErrorCode;
            return false;
        }
        catch (ObjectDisposedException)
        {
            error = SocketError.OperationAborted;
            return false;
        }
    }

    public void Wake() => _wakeUps.Send();

    public void Dispose()
    {
        if (_ownsSocket)
        {
            _socket.Dispose();
        }

        _wakeUps.Dispose();
        _sent.Dispose();
    }

    private static void Configure(Socket socket, DatagramSocketOptions options)
    {
        socket.Blocking = false;
        socket.ReceiveBufferSize = options.ReceiveBufferSize;
        socket.SendBufferSize = options.SendBufferSize;
        if ((options.Disabled & DatagramFeatures.DoNotFragment) == DatagramFeatures.None)
        {
            DoNotFragmentOption.TrySet(socket);
        }

        if (OperatingSystem.IsWindows())
        {
            // SIO_UDP_CONNRESET off: an ICMP answer to one peer's datagram must not fail the reads of all.
            const int UdpConnectionReset = unchecked((int)0x9800000C);
            socket.IOControl(UdpConnectionReset, [0, 0, 0, 0], null);
        }
    }

    private bool Poll(TimeSpan timeout)
    {
        if (timeout == Timeout.InfiniteTimeSpan)
        {
            return _socket.Poll(-1, SelectMode.SelectRead);
        }

        // Up to the next millisecond: the platform cuts the rest off, and a wait that ends early would spin until its deadline.
        double milliseconds = Math.Clamp(Math.Ceiling(timeout.TotalMilliseconds), 0, int.MaxValue / 1000);
        return _socket.Poll((int)milliseconds * 1000, SelectMode.SelectRead);
    }

    private bool TryReceive(ReceiveBatch batch, int slot)
    {
        // Available first, as an exception would be the only other sign that there is nothing.
        if (slot > 0 && _socket.Available == 0)
        {
            return false;
        }

        try
        {
            Span<byte> buffer = batch.Memory.AsSpan(slot * ReceiveBatch.SlotLength, ReceiveBatch.SlotLength);
            int length = _socket.ReceiveFrom(buffer, SocketFlags.None, _received);
            PathAddress remote = SocketAddressConverter.Read(_received);
            if (!_wakeUps.IsFrom(remote))
            {
                batch.Add(slot, length, Math.Max(length, 1), new DatagramArrival(_bound, remote, EcnCodepoint.NotEct));
            }

            return true;
        }
        catch (SocketException)
        {
            // One datagram's error, or none there after all.
            return false;
        }
    }
}
