using System.Buffers.Binary;
using Quiver.Protocol.Buffers;
using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.TransportParameters;

/// <summary>The version that an endpoint uses and those it could use, vouched for by TLS. RFC 9368 §3.</summary>
internal sealed class VersionInformation(uint chosen, IReadOnlyList<uint> available)
{
    public uint Chosen => chosen;

    public IReadOnlyList<uint> Available => available;

    /// <summary>The length of its encoding.</summary>
    public int Length => sizeof(uint) * (1 + available.Count);

    /// <summary>
    /// What we say: a client the version that it begins with and all that the server may choose from, most wanted first; a server the
    /// version of the connection and all that it speaks.
    /// </summary>
    public static VersionInformation Of(QuicVersion chosen, IReadOnlyList<QuicVersion> available) =>
        new((uint)chosen, [.. available.Select(x => (uint)x)]);

    /// <summary>Null when it is malformed.</summary>
    public static VersionInformation? Read(ReadOnlySpan<byte> value)
    {
        if (value.IsEmpty || value.Length % sizeof(uint) != 0)
        {
            return null;
        }

        uint[] versions = new uint[value.Length / sizeof(uint)];
        for (int i = 0; i < versions.Length; i++)
        {
            versions[i] = BinaryPrimitives.ReadUInt32BigEndian(value[(i * sizeof(uint))..]);
        }

        return versions.Contains((uint)QuicVersion.Negotiation) ? null : new VersionInformation(versions[0], versions[1..]);
    }

    public void Write(ref PacketWriter writer)
    {
        writer.WriteUInt32(chosen);
        foreach (uint version in available)
        {
            writer.WriteUInt32(version);
        }
    }
}
