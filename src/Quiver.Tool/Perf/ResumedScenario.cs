using Quiver.Tool.Commands;

namespace Quiver.Tool.Perf;

/// <summary>As <see cref="HandshakeScenario"/>, but every connection resumes the session of a first one.</summary>
internal sealed class ResumedScenario : IPerfScenario
{
    private static readonly TimeSpan s_ticketTimeout = TimeSpan.FromSeconds(5);

    public string Name => "resumed";

    public string Unit => "handshakes/s";

    public async Task<PerfSample> RunAsync(PerfClient client, PerfOptions options, CancellationToken cancellationToken)
    {
        OneTicketStore store = new();
        await using (await client.ConnectAsync(cancellationToken, store))
        {
            try
            {
                await store.Received.WaitAsync(s_ticketTimeout, cancellationToken);
            }
            catch (TimeoutException e)
            {
                throw new ToolException("The perf server gave no session ticket.", e);
            }
        }

        return await Workers.RunAsync(
            options,
            Math.Min(options.Concurrency, HandshakeScenario.MaxConcurrency),
            async () =>
            {
                await using QuicConnection connection = await client.ConnectAsync(cancellationToken, store);
                if (!connection.IsResumed)
                {
                    throw new ToolException("The perf server did not resume the session.");
                }
            },
            cancellationToken);
    }
}
