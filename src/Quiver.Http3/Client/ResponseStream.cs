using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Quiver.Http3.Client;

/// <summary>
/// The content of a response as it comes. At its end the trailers are in the response. Disposed before, it ends both halves of the request's
/// stream with H3_REQUEST_CANCELLED; so it does when it is collected undisposed.
/// </summary>
[SuppressMessage("Usage", "CA1816:Dispose methods should call SuppressFinalize", Justification = "A stream that was read to its end needs no finalizer either.")]
internal sealed class ResponseStream(ClientExchange exchange, HttpResponseMessage response) : Http3ContentStream
{
    private int _isEnded;

    ~ResponseStream()
    {
        Dispose(disposing: false);
    }

    public override bool CanRead => true;

    public override bool CanWrite => false;

    [SuppressMessage("Reliability", "CA2012:Use ValueTasks correctly", Justification = "It is replaced once its result was taken.")]
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ValueTask<int> reading = exchange.Reader.ReadContentAsync(buffer, cancellationToken);
        if (reading.IsCompletedSuccessfully)
        {
            int count = reading.GetAwaiter().GetResult();
            if (count > 0)
            {
                return new ValueTask<int>(count);
            }

            reading = new ValueTask<int>(0);
        }

        return FinishReadAsync(reading);
    }

    protected override void Dispose(bool disposing)
    {
        if (Interlocked.Exchange(ref _isEnded, 1) == 0)
        {
            if (disposing)
            {
                exchange.Cancel();
            }
            else
            {
                exchange.OnLost();
            }
        }

        GC.SuppressFinalize(this);
        base.Dispose(disposing);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> FinishReadAsync(ValueTask<int> reading)
    {
        int count;
        try
        {
            count = await reading.ConfigureAwait(false);
        }
        catch (Exception e) when (e is not (InvalidOperationException or ObjectDisposedException))
        {
            End();
            throw exchange.OnFailure(e);
        }

        if (exchange.Reader.IsAtEnd)
        {
            OnEnd();
        }

        return count;
    }

    private void OnEnd()
    {
        if (End())
        {
            if (exchange.Reader.Trailers is { } trailers)
            {
                ResponseFields.FillTrailers(response, trailers);
            }

            exchange.EndRead();
        }
    }

    private bool End()
    {
        GC.SuppressFinalize(this);
        return Interlocked.Exchange(ref _isEnded, 1) == 0;
    }
}
