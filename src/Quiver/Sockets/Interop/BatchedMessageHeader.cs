using System.Runtime.InteropServices;

namespace Quiver.Sockets.Interop;

/// <summary>struct mmsghdr: a header and the length of what was received.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct BatchedMessageHeader
{
    public MessageHeader Header;
    public uint Length;
}
