using System.Diagnostics.CodeAnalysis;
using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.Tls.Resumption;

/// <summary>Encrypts and authenticates the content of tickets under keys that only servers have. Thread-safe.</summary>
internal interface ITicketSealer
{
    byte[] Seal(ReadOnlySpan<byte> content, IRandomSource random);

    /// <summary>False for a ticket of a key that is not, or no longer, known, and for one that was changed.</summary>
    bool TryOpen(ReadOnlySpan<byte> ticket, [NotNullWhen(true)] out byte[]? content);
}
