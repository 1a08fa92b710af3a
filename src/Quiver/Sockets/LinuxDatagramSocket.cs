using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Runtime.Versioning;
using Quiver.Protocol.Connections;
using Quiver.Protocol.Primitives;
using Quiver.Sockets.Interop;

namespace Quiver.Sockets;

/// <summary>
/// The socket for Linux: UDP_SEGMENT and UDP_GRO, recvmmsg, ECN, packet information, DF, and a wait in ppoll. A feature that the
/// kernel or the network device lacks is left out by itself, at bind or at the first send that shows it.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed class LinuxDatagramSocket : IDatagramSocket
{
    // UDP_MAX_SEGMENTS of the kernels before 6.9, and the longest UDP payload over IPv4.
    private const int SegmentLimit = 64;
    private const int PayloadLimit = 65_507;
    private const int ControlLength = 128;

    // A full send buffer empties at the speed of the network: a short wait turns a burst too many into a pause instead of a loss.
    private static readonly TimeSpan s_roomWait = TimeSpan.FromMicroseconds(500);

    private readonly Socket _socket;
    private readonly SafeSocketHandle _handle;
    private readonly bool _ipv6;
    private readonly PathAddress _bound;
    private readonly LinuxReceiver _receiver = new();
    private readonly LinuxWaiter _waiter = new();

    // Features only ever go away, and a stale read costs one more failed call, so no lock is needed.
    private volatile DatagramFeatures _features;
    private bool _moreExpected;

    private readonly bool _ownsSocket;

    private LinuxDatagramSocket(Socket socket, DatagramFeatures features, bool ownsSocket)
    {
        _ownsSocket = ownsSocket;
        _socket = socket;
        _handle = socket.SafeHandle;
        _ipv6 = socket.AddressFamily == AddressFamily.InterNetworkV6;
        _features = features;
        // A bound socket of these families has such an end point.
        LocalEndPoint = (IPEndPoint)socket.LocalEndPoint!;
        _bound = PathAddress.From(LocalEndPoint);
    }

    public IPEndPoint LocalEndPoint { get; }

    public bool IsClosed => _handle.IsClosed;

    public int MaxSegments => Has(DatagramFeatures.SegmentationOffload) ? SegmentLimit : 1;

    /// <summary>What this socket can do, as far as is known.</summary>
    public DatagramFeatures Features => _features;

    public static LinuxDatagramSocket Bind(IPEndPoint local, DatagramSocketOptions options)
    {
        DatagramFeatures features = DatagramFeatures.None;
        Socket socket = BoundSocket.Create(local, options, x => features = LinuxSocketOptions.Apply(x, options));
        return new LinuxDatagramSocket(socket, features, ownsSocket: true);
    }

    /// <summary>Takes a bound socket of the application.</summary>
    public static LinuxDatagramSocket Use(Socket socket, DatagramSocketOptions options, bool ownsSocket) =>
        new(socket, LinuxSocketOptions.Apply(socket, options), ownsSocket);

    public int Receive(ReceiveBatch batch, TimeSpan timeout)
    {
        batch.Clear();

        // After a full batch there is likely more, so look before waiting; otherwise waiting first saves a call.
        if (!_moreExpected && !_waiter.Wait(_handle, timeout))
        {
            return 0;
        }

        int count = _receiver.Receive(_handle, batch.Memory, batch.Slots, ReceiveBatch.SlotLength);
        if (_moreExpected && count == -Errno.Again)
        {
            _moreExpected = false;
            return Receive(batch, timeout);
        }

        // Errors here are of one datagram, of a signal or of the kernel's memory; none is the loop's concern.
        _moreExpected = count == batch.Slots;
        for (int i = 0; i < count; i++)
        {
            AddToBatch(batch, i);
        }

        return batch.Count;
    }

    public bool Send(
        ReadOnlySpan<byte> datagrams, int segmentSize, in PathAddress local, in PathAddress remote, EcnCodepoint ecn, out SocketError error)
    {
        Span<byte> address = stackalloc byte[SocketAddressCodec.MaxLength];
        int addressLength = SocketAddressCodec.Write(remote, _ipv6, address);
        if (addressLength == 0)
        {
            error = SocketError.AddressFamilyNotSupported;
            return false;
        }

        address = address[..addressLength];
        error = SocketError.Success;
        while (!datagrams.IsEmpty)
        {
            int segments = Math.Clamp(PayloadLimit / segmentSize, 1, MaxSegments);
            ReadOnlySpan<byte> run = datagrams[..Math.Min(segments * segmentSize, datagrams.Length)];
            int errno = SendRun(run, segmentSize, local, address, remote.IsIPv4, ecn);
            if (errno != Errno.None)
            {
                error = Errno.ToSocketError(errno);
                return false;
            }

            datagrams = datagrams[run.Length..];
        }

        return true;
    }

    public void Wake() => _waiter.Wake();

    public void Dispose()
    {
        if (_ownsSocket)
        {
            _socket.Dispose();
        }

        _waiter.Dispose();
    }

    private bool Has(DatagramFeatures feature) => (_features & feature) != DatagramFeatures.None;

    private void AddToBatch(ReceiveBatch batch, int index)
    {
        int length = _receiver.Length(index);
        if (length == 0)
        {
            return;
        }

        ReceivedControl control = ReceivedControl.Read(_receiver.Control(index));
        PathAddress local = control.Local is { } asked ? asked with { Port = _bound.Port } : _bound;
        PathAddress remote = SocketAddressCodec.Read(_receiver.Address(index));
        batch.Add(index, length, control.SegmentSize == 0 ? length : control.SegmentSize, new DatagramArrival(local, remote, control.Ecn));
    }

    private int SendRun(
        ReadOnlySpan<byte> run, int segmentSize, in PathAddress local, ReadOnlySpan<byte> address, bool ipv4, EcnCodepoint ecn)
    {
        if (run.Length <= segmentSize)
        {
            return SendSingle(run, local, address, ipv4, ecn);
        }

        // EIO: the device cannot compute checksums of segments. EINVAL: segments longer than the MTU, or no such option; only
        // sending them one by one tells which.
        int errno = SendOnce(run, segmentSize, local, address, ipv4, ecn);
        if (errno is not (Errno.InputOutput or Errno.InvalidArgument or Errno.NotSupported or Errno.ProtocolOption))
        {
            return errno;
        }

        errno = SendOneByOne(run, segmentSize, local, address, ipv4, ecn);
        if (errno == Errno.None)
        {
            _features &= ~DatagramFeatures.SegmentationOffload;
        }

        return errno;
    }

    private int SendOneByOne(
        ReadOnlySpan<byte> run, int segmentSize, in PathAddress local, ReadOnlySpan<byte> address, bool ipv4, EcnCodepoint ecn)
    {
        while (!run.IsEmpty)
        {
            int length = Math.Min(segmentSize, run.Length);
            int errno = SendSingle(run[..length], local, address, ipv4, ecn);
            if (errno != Errno.None)
            {
                return errno;
            }

            run = run[length..];
        }

        return Errno.None;
    }

    private int SendSingle(ReadOnlySpan<byte> datagram, in PathAddress local, ReadOnlySpan<byte> address, bool ipv4, EcnCodepoint ecn)
    {
        int errno = SendOnce(datagram, 0, local, address, ipv4, ecn);
        if (errno == Errno.InvalidArgument && ecn != EcnCodepoint.NotEct && Has(DatagramFeatures.Ecn))
        {
            // Systems that imitate Linux may not know the control message.
            errno = SendOnce(datagram, 0, local, address, ipv4, EcnCodepoint.NotEct);
            if (errno == Errno.None)
            {
                _features &= ~DatagramFeatures.Ecn;
            }
        }

        return errno;
    }

    // A segment size of 0 sends one datagram.
    private int SendOnce(
        ReadOnlySpan<byte> data, int segmentSize, in PathAddress local, ReadOnlySpan<byte> address, bool ipv4, EcnCodepoint ecn)
    {
        Span<byte> buffer = stackalloc byte[ControlLength];
        ControlMessageWriter control = new(buffer);
        if (segmentSize != 0)
        {
            BitConverter.TryWriteBytes(control.Add(LinuxOption.LevelUdp, LinuxOption.UdpSegment, sizeof(ushort)), (ushort)segmentSize);
        }

        if (ecn != EcnCodepoint.NotEct && Has(DatagramFeatures.Ecn))
        {
            // By the family of the packet, not of the socket.
            Span<byte> value = ipv4
                ? control.Add(LinuxOption.LevelIPv4, LinuxOption.IPv4TypeOfService, sizeof(int))
                : control.Add(LinuxOption.LevelIPv6, LinuxOption.IPv6TrafficClass, sizeof(int));
            value[0] = (byte)ecn;
        }

        if (Has(DatagramFeatures.PacketInformation) && IsSpecified(local))
        {
            WriteSource(ref control, local);
        }

        return TrySend(data, address, buffer[..control.Length]);
    }

    private int TrySend(ReadOnlySpan<byte> data, ReadOnlySpan<byte> address, ReadOnlySpan<byte> control)
    {
        try
        {
            int errno = LinuxSender.Send(_handle, data, address, control);
            if (errno == Errno.Again && LinuxWaiter.WaitWritable(_handle, s_roomWait))
            {
                errno = LinuxSender.Send(_handle, data, address, control);
            }

            return errno;
        }
        catch (ObjectDisposedException)
        {
            // The loop has closed the socket while an app thread was on its way here.
            return Errno.BadDescriptor;
        }
    }

    private static bool IsSpecified(in PathAddress local) => local.IsIPv4 ? (uint)local.Ip != 0 : local.Ip != 0;

    private void WriteSource(ref ControlMessageWriter control, in PathAddress local)
    {
        if (_ipv6)
        {
            // struct in6_pktinfo: address, interface. An IPv4 source goes into it mapped.
            Span<byte> source = control.Add(LinuxOption.LevelIPv6, LinuxOption.IPv6PacketInformation, 20);
            BinaryPrimitives.WriteUInt128BigEndian(source, local.Ip);
            BitConverter.TryWriteBytes(source[16..], local.ScopeId);
        }
        else
        {
            // struct in_pktinfo: interface, source, and an address that only receiving uses.
            Span<byte> source = control.Add(LinuxOption.LevelIPv4, LinuxOption.IPv4PacketInformation, 12);
            BinaryPrimitives.WriteUInt32BigEndian(source[4..], (uint)local.Ip);
        }
    }
}
