using System.Runtime.InteropServices;

namespace Quiver.Sockets.Interop;

/// <summary>struct pollfd.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct PollDescriptor
{
    public const short Readable = 0x001;
    public const short Writable = 0x004;

    public int Descriptor;
    public short Events;
    public short Result;
}
