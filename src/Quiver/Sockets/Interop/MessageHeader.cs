using System.Runtime.InteropServices;

namespace Quiver.Sockets.Interop;

/// <summary>
/// struct msghdr on 64-bit little-endian Linux. glibc has 64-bit lengths where musl has 32 bits and padding; a 64-bit field with a
/// small value is both.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct MessageHeader
{
    public byte* Name;
    public uint NameLength;
    public IoVector* Vectors;
    public nuint VectorCount;
    public byte* Control;
    public nuint ControlLength;
    public int Flags;
}
