using System.Net;
using System.Net.Security;
using Quiver.Tool.Get;
using Quiver.Tool.Hq;
using Quiver.Tool.Output;

namespace Quiver.Interop;

/// <summary>The runner's client: fetches what it is told to, on the connections that the test case wants.</summary>
internal sealed class Client(TestCase testCase, RunnerEnvironment environment, TextWriter output)
{
    /// <summary>The runner ends a test case after a minute or five; a client of its own that gives up sooner would fail for nothing.</summary>
    private static readonly TimeSpan s_handshakeTimeout = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan s_ticketTimeout = TimeSpan.FromSeconds(5);

    private readonly WaitingTicketStore _tickets = new();
    private readonly AddressTokenStore _tokens = new();
    private readonly ToolOutput _toolOutput = ToolOutput.ForWriters(output, output);

    public async Task RunAsync()
    {
        IReadOnlyList<Uri> requests = environment.Requests;
        switch (testCase.Connections)
        {
            case ConnectionUse.One:
                await FetchAsync(requests);
                break;
            case ConnectionUse.OneForEach:
                foreach (Uri url in requests)
                {
                    await FetchAsync([url]);
                }

                break;
            case ConnectionUse.Resumed or ConnectionUse.EarlyData:
                await FetchAsync([requests[0]], waitForTicket: true);
                await FetchAsync([.. requests.Skip(1)], testCase.Connections == ConnectionUse.EarlyData);
                break;
            default:
                throw new InvalidOperationException($"There is no way to use connections like {testCase.Connections}.");
        }
    }

    private async Task FetchAsync(IReadOnlyList<Uri> urls, bool earlyData = false, bool waitForTicket = false)
    {
        await using QuicConnection connection = await QuicConnection.ConnectAsync(CreateOptions(urls[0], earlyData));
        await output.WriteLineAsync($"{connection}: {urls.Count} requests");
        if (testCase.UpdateKeys)
        {
            connection.UpdateKeys();
        }

        TransferMeter meter = new();
        await Task.WhenAll(urls.Select(url => new Download(url, DestinationOf(url)).RunAsync(new HqClient(connection), _toolOutput, meter, CancellationToken.None)));
        if (waitForTicket)
        {
            await _tickets.First.WaitAsync(s_ticketTimeout);
        }

        await output.WriteLineAsync($"{connection}: {meter}, {await GetConnection.DescribeAsync(connection)}");
        await connection.CloseAsync(0);
    }

    private QuicClientConnectionOptions CreateOptions(Uri url, bool earlyData)
    {
        string host = url.IdnHost.Trim('[', ']');
        QuicClientConnectionOptions options = new()
        {
            RemoteEndPoint = IPAddress.TryParse(host, out IPAddress? address) ? new IPEndPoint(address, url.Port) : new DnsEndPoint(host, url.Port),
            DefaultStreamErrorCode = 0,
            DefaultCloseErrorCode = 0,
            HandshakeTimeout = s_handshakeTimeout,
            Versions = testCase.ClientVersions,
            InitialVersion = testCase.InitialVersion,
            SessionTickets = _tickets,
            AddressTokens = _tokens,
            EnableEarlyData = earlyData,
            ClientAuthenticationOptions = new SslClientAuthenticationOptions
            {
                ApplicationProtocols = [HqProtocol.Name],
                TargetHost = host,
#pragma warning disable CA5359 // The runner makes its certificates on the spot, and tests transports.
                RemoteCertificateValidationCallback = (_, _, _, _) => true,
#pragma warning restore CA5359
                CipherSuitesPolicy = CipherSuites.For(testCase),
            },
        };
        options.InitialReceiveWindowSizes.LocallyInitiatedBidirectionalStream = 1 << 20;
        return options;
    }

    private string DestinationOf(Uri url) => Path.Combine(environment.Downloads, Path.GetFileName(Uri.UnescapeDataString(url.AbsolutePath)));
}
