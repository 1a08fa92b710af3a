using System.Diagnostics.CodeAnalysis;

namespace Quiver.AspNetCore.ExtendedConnect;

/// <summary>The bodies of a CONNECT request and its answer as one stream. Disposing it leaves both to the server, which ends them with the request.</summary>
[SuppressMessage("Usage", "CA2213:Disposable fields should be disposed", Justification = "The bodies are the server's.")]
internal sealed class TunnelStream(Stream request, Stream response) : Stream
{
    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        request.ReadAsync(buffer, cancellationToken);

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        request.ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        response.WriteAsync(buffer, cancellationToken);

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        response.WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task FlushAsync(CancellationToken cancellationToken) => response.FlushAsync(cancellationToken);

    public override void Flush() => throw new NotSupportedException("Kestrel's streams have no synchronous calls.");

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("Kestrel's streams have no synchronous calls.");

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("Kestrel's streams have no synchronous calls.");

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
