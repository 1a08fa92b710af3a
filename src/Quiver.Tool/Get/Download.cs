using Quiver.Tool.Commands;
using Quiver.Tool.Hq;
using Quiver.Tool.Output;

namespace Quiver.Tool.Get;

/// <summary>One URL and the place it goes to.</summary>
internal sealed class Download(Uri url, string destination)
{
    public Uri Url { get; } = url;

    public async Task RunAsync(IFileClient client, ToolOutput output, TransferMeter meter, CancellationToken cancellationToken)
    {
        try
        {
            await FetchAsync(client, output, meter, cancellationToken);
        }
        catch (QuicException e) when (e.QuicError == QuicError.StreamAborted)
        {
            throw new ToolException($"{Url}: {HqProtocol.Describe(e.ApplicationErrorCode)}.", e);
        }
        catch (QuicException e)
        {
            throw new ToolException($"{Failures.Describe(e, Url.ToString())} The file is not complete and was not kept.", e);
        }
        catch (Exception e) when (e is HttpRequestException or HttpIOException)
        {
            throw new ToolException($"{Url}: {e.Message} The file is not complete and was not kept.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ToolException($"{Url} cannot be written to {destination}: {e.Message}", e);
        }
    }

    private async Task FetchAsync(IFileClient client, ToolOutput output, TransferMeter meter, CancellationToken cancellationToken)
    {
        await using Stream stream = await client.OpenAsync(Url, cancellationToken);
        if (destination == Destination.StandardOutput)
        {
            await ToStandardOutputAsync(stream, output, meter, cancellationToken);
        }
        else
        {
            await ToFileAsync(stream, meter, cancellationToken);
        }
    }

    private async Task ToFileAsync(Stream stream, TransferMeter meter, CancellationToken cancellationToken)
    {
        using DownloadFile file = new(destination);
        await StreamReceiver.ReceiveAsync(stream, (data, offset) => file.WriteAsync(data, offset, cancellationToken), meter, cancellationToken);
        file.Complete();
    }

    private static async Task ToStandardOutputAsync(Stream stream, ToolOutput output, TransferMeter meter, CancellationToken cancellationToken)
    {
        await using Stream target = output.OpenBinary();
        await StreamReceiver.ReceiveAsync(stream, (data, _) => target.WriteAsync(data, cancellationToken), meter, cancellationToken);
        await target.FlushAsync(cancellationToken);
    }
}
