using System.Buffers.Binary;
using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.Connections;

/// <summary>Leaves out packet numbers at random, ever more rarely, so that a peer cannot acknowledge blindly. RFC 9000 §21.4.</summary>
internal sealed class PacketNumberSkipper(IRandomSource random)
{
    private const uint FirstPeriod = 256;
    private const uint MaxPeriod = 128 * 1024;

    private uint _period = FirstPeriod;
    private ulong _next;

    public bool ShouldSkip(ulong packetNumber)
    {
        if (_next == 0)
        {
            Choose(packetNumber);
        }

        if (packetNumber < _next)
        {
            return false;
        }

        _period = Math.Min(_period * 2, MaxPeriod);
        Choose(packetNumber + 1);
        return true;
    }

    private void Choose(ulong from)
    {
        Span<byte> bytes = stackalloc byte[4];
        random.Fill(bytes);
        _next = from + 1 + (BinaryPrimitives.ReadUInt32LittleEndian(bytes) % (2 * _period));
    }
}
