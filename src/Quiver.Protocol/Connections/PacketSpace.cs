using Quiver.Protocol.Crypto;
using Quiver.Protocol.Primitives;
using Quiver.Protocol.Recovery;

namespace Quiver.Protocol.Connections;

/// <summary>One packet number space: its keys, its handshake bytes, what it received and what it sent. RFC 9000 §12.3.</summary>
internal sealed class PacketSpace(PacketNumberSpace id, SpaceRecovery recovery) : IDisposable
{
    public PacketNumberSpace Id => id;

    public EncryptionLevel Level => id switch
    {
        PacketNumberSpace.Initial => EncryptionLevel.Initial,
        PacketNumberSpace.Handshake => EncryptionLevel.Handshake,
        PacketNumberSpace.Application => EncryptionLevel.Application,
        _ => throw new InvalidOperationException(),
    };

    public SpaceRecovery Recovery => recovery;

    public AckTracker Acks { get; } = new(delaysAcks: id == PacketNumberSpace.Application);

    public CryptoStream Crypto { get; } = new();

    /// <summary>Keys of Initial and Handshake packets; 1-RTT keys change and are in <see cref="KeyUpdate"/>.</summary>
    public PacketProtection? Read { get; set; }

    public PacketProtection? Write { get; set; }

    /// <summary>Initial packets only: to read those of the other version, while there may be two. RFC 9369 §4.1.</summary>
    public PacketProtection? ReadOther { get; set; }

    public bool IsDiscarded { get; private set; }

    /// <summary>Drops the keys; packets of this space are neither sent nor read any more. RFC 9001 §4.9.</summary>
    public void Dispose()
    {
        IsDiscarded = true;
        Read?.Dispose();
        Write?.Dispose();
        ReadOther?.Dispose();
        Read = Write = ReadOther = null;
        Crypto.Clear();
    }
}
