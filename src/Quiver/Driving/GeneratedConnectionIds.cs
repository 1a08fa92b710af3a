using Quiver.Protocol.ConnectionIds;
using Quiver.Protocol.Primitives;

namespace Quiver.Driving;

/// <summary>Ids that the application makes.</summary>
internal sealed class GeneratedConnectionIds(IConnectionIdGenerator generator, StatelessResetKey resetKey) : IConnectionIdSource
{
    public int Length { get; } = generator.Length;

    public ConnectionId Create()
    {
        Span<byte> id = stackalloc byte[ConnectionId.MaxLength];
        generator.Generate(id[..Length]);
        return new ConnectionId(id[..Length]);
    }

    public StatelessResetToken TokenFor(in ConnectionId id) => resetKey.TokenFor(id);
}
