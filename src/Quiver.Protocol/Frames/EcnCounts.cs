using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.Frames;

/// <summary>How many packets came with each ECN mark. RFC 9000 §19.3.2.</summary>
internal readonly record struct EcnCounts(ulong Ect0, ulong Ect1, ulong Ce)
{
    public bool IsZero => (Ect0 | Ect1 | Ce) == 0;

    public EcnCounts Add(EcnCodepoint codepoint) => codepoint switch
    {
        EcnCodepoint.Ect0 => this with { Ect0 = Ect0 + 1 },
        EcnCodepoint.Ect1 => this with { Ect1 = Ect1 + 1 },
        EcnCodepoint.Ce => this with { Ce = Ce + 1 },
        EcnCodepoint.NotEct => this,
        _ => throw new ArgumentOutOfRangeException(nameof(codepoint)),
    };
}
