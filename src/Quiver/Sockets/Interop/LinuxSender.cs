using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace Quiver.Sockets.Interop;

/// <summary>sendmsg over spans.</summary>
[SupportedOSPlatform("linux")]
internal static unsafe class LinuxSender
{
    /// <summary>Sends one message without waiting. Returns an error number, or 0.</summary>
    public static int Send(SafeHandle socket, ReadOnlySpan<byte> data, ReadOnlySpan<byte> address, ReadOnlySpan<byte> control)
    {
        fixed (byte* dataPointer = data, addressPointer = address, controlPointer = control)
        {
            IoVector vector = new() { Base = dataPointer, Length = (nuint)data.Length };
            MessageHeader message = new()
            {
                Name = addressPointer,
                NameLength = (uint)address.Length,
                Vectors = &vector,
                VectorCount = 1,
                Control = controlPointer,
                ControlLength = (nuint)control.Length,
            };
            nint sent;
            do
            {
                sent = LibC.SendMessage(socket, &message, LinuxOption.MessageDoNotWait);
            }
            while (sent < 0 && Marshal.GetLastPInvokeError() == Errno.Interrupted);

            return sent < 0 ? Marshal.GetLastPInvokeError() : Errno.None;
        }
    }
}
