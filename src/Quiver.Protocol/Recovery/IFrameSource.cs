namespace Quiver.Protocol.Recovery;

/// <summary>An owner of frames: writes what it has to send into the packet that is being built.</summary>
internal interface IFrameSource
{
    /// <summary>Whether there is a frame that should go out now.</summary>
    bool HasFrames { get; }

    /// <summary>Writes as many frames as there are and fit, noting each.</summary>
    void WriteFrames(ref PacketBuilder packet);
}
