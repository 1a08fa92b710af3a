using Quiver.Protocol.Primitives;
using Quiver.Protocol.Recovery;

namespace Quiver.Protocol.Connections;

/// <summary>The order in which owners fill a packet: what unblocks the peer first, application data last.</summary>
internal sealed class FrameScheduler
{
    private readonly IFrameSource[][] _sources = [[], [], []];

    public void SetSources(PacketNumberSpace space, params IFrameSource[] sources) => _sources[(int)space] = sources;

    public bool HasFrames(PacketNumberSpace space)
    {
        foreach (IFrameSource source in _sources[(int)space])
        {
            if (source.HasFrames)
            {
                return true;
            }
        }

        return false;
    }

    public void WriteFrames(PacketNumberSpace space, ref PacketBuilder packet)
    {
        foreach (IFrameSource source in _sources[(int)space])
        {
            source.WriteFrames(ref packet);
        }
    }
}
