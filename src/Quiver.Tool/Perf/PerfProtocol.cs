using System.Buffers.Binary;
using System.Net.Security;

namespace Quiver.Tool.Perf;

/// <summary>What client and server of <c>quiver perf</c> say to each other: each stream begins with an operation and a number.</summary>
internal static class PerfProtocol
{
    public const int HeaderLength = 9;

    public static readonly SslApplicationProtocol Name = new("quiver-perf");

    public static void WriteHeader(Span<byte> header, PerfOperation operation, long argument)
    {
        header[0] = (byte)operation;
        BinaryPrimitives.WriteInt64BigEndian(header[1..], argument);
    }

    public static (PerfOperation Operation, long Argument) ReadHeader(ReadOnlySpan<byte> header) =>
        ((PerfOperation)header[0], BinaryPrimitives.ReadInt64BigEndian(header[1..]));
}
