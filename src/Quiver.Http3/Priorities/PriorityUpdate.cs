using System.Buffers;
using System.Text;
using Quiver.Http3.Frames;

namespace Quiver.Http3.Priorities;

/// <summary>Writes the PRIORITY_UPDATE frame of a request stream. RFC 9218 §7.2.</summary>
internal static class PriorityUpdate
{
    public static void Write(IBufferWriter<byte> output, long streamId, Http3Priority priority)
    {
        Span<byte> payload = stackalloc byte[32];
        int length = VarInt.Write(payload, (ulong)streamId);
        length += Encoding.ASCII.GetBytes(priority.ToString(), payload[length..]);
        FrameWriter.WriteFrame(output, FrameTypes.PriorityUpdateRequest, payload[..length]);
    }
}
