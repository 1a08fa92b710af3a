using Quiver.Protocol.Paths;
using Quiver.Threading;

namespace Quiver.Driving;

/// <summary>A path that is being tried, and who waits for it.</summary>
internal sealed class PathCompletion(NetworkPath path)
{
    public NetworkPath Path { get; } = path;

    public TaskCompletion Done { get; } = new();
}
