using System.Buffers;
using Quiver.Http3.Frames;

namespace Quiver.Http3;

/// <summary>Writes capsules to a tunnel. RFC 9297 §3.2.</summary>
public static class Http3CapsuleWriter
{
    /// <summary>Writes one capsule, in one write of the stream.</summary>
    /// <param name="destination">The tunnel, or any stream that carries capsules.</param>
    /// <param name="capsule">What to write.</param>
    /// <param name="cancellationToken">Cancelling gives the write half of the tunnel up.</param>
    public static async ValueTask WriteAsync(Stream destination, Http3Capsule capsule, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(destination);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(FrameWriter.MaxHeaderLength + capsule.Value.Length);
        try
        {
            int header = FrameWriter.WriteHeader(buffer, (ulong)capsule.Type, (ulong)capsule.Value.Length);
            capsule.Value.CopyTo(buffer.AsMemory(header));
            await destination.WriteAsync(buffer.AsMemory(0, header + capsule.Value.Length), cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
