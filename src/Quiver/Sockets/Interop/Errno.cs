using System.Net.Sockets;

namespace Quiver.Sockets.Interop;

/// <summary>The error numbers of Linux that sending and receiving meet.</summary>
internal static class Errno
{
    public const int None = 0;
    public const int Permission = 1;
    public const int Interrupted = 4;
    public const int InputOutput = 5;
    public const int BadDescriptor = 9;
    public const int Again = 11;
    public const int Access = 13;
    public const int InvalidArgument = 22;
    public const int MessageSize = 90;
    public const int ProtocolOption = 92;
    public const int NotSupported = 95;
    public const int AddressFamily = 97;
    public const int AddressNotAvailable = 99;
    public const int NetworkDown = 100;
    public const int NetworkUnreachable = 101;
    public const int NoBuffers = 105;
    public const int ConnectionRefused = 111;
    public const int HostDown = 112;
    public const int HostUnreachable = 113;

    public static SocketError ToSocketError(int errno) => errno switch
    {
        None => SocketError.Success,
        BadDescriptor => SocketError.OperationAborted,
        Again => SocketError.WouldBlock,
        Interrupted => SocketError.Interrupted,
        Permission or Access => SocketError.AccessDenied,
        InvalidArgument => SocketError.InvalidArgument,
        MessageSize => SocketError.MessageSize,
        ProtocolOption => SocketError.ProtocolOption,
        NotSupported => SocketError.OperationNotSupported,
        AddressFamily => SocketError.AddressFamilyNotSupported,
        AddressNotAvailable => SocketError.AddressNotAvailable,
        NetworkDown => SocketError.NetworkDown,
        NetworkUnreachable => SocketError.NetworkUnreachable,
        NoBuffers => SocketError.NoBufferSpaceAvailable,
        ConnectionRefused => SocketError.ConnectionRefused,
        HostDown => SocketError.HostDown,
        HostUnreachable => SocketError.HostUnreachable,
        _ => SocketError.SocketError,
    };
}
