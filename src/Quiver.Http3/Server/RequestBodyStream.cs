using Quiver.Http3.Messages;

namespace Quiver.Http3.Server;

/// <summary>The content of a request as it comes.</summary>
internal sealed class RequestBodyStream(ServerExchange exchange, Http3Context context, bool expectsContinue) : Http3ContentStream
{
    private bool _mustContinue = expectsContinue;

    public override bool CanRead => true;

    public override bool CanWrite => false;

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ValueTask<int> reading = _mustContinue ? default : exchange.Reader.ReadContentAsync(buffer, cancellationToken);
        return !_mustContinue && reading.IsCompletedSuccessfully ? reading : FinishReadAsync(reading, buffer, cancellationToken);
    }

    private async ValueTask<int> FinishReadAsync(ValueTask<int> reading, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        try
        {
            if (_mustContinue)
            {
                _mustContinue = false;
                if (exchange.Reader.IsEmpty && !context.Response.HasStarted)
                {
                    // RFC 9110 §10.1.1: whoever reads the content asks for it.
                    await context.Response.SendInterimAsync(100, null, cancellationToken).ConfigureAwait(false);
                }

                reading = exchange.Reader.ReadContentAsync(buffer, cancellationToken);
            }

            return await reading.ConfigureAwait(false);
        }
        catch (Exception e) when (e is Http3ProtocolException or Http3StreamException or FieldSectionTooLargeException or QuicException)
        {
            throw exchange.OnFailure(e);
        }
    }
}
