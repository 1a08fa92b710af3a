using System.Net;
using System.Net.Security;
using Quiver.Http3;
using Quiver.Tool.Hq;
using Quiver.Tool.Http3;

namespace Quiver.Tool.Hosting;

/// <summary>Serves the files of a folder over HTTP/3 and hq-interop, on one port.</summary>
internal sealed class FileServing(RootFolder root, RequestLog log)
{
    private const int StreamWindow = 1 << 20;

    public required IPEndPoint EndPoint { get; init; }

    /// <summary>With a certificate, and the protocols.</summary>
    public required SslServerAuthenticationOptions Tls { get; init; }

    /// <summary>Requests that one client may have open at once.</summary>
    public required int MaxStreams { get; init; }

    public bool AllowEarlyData { get; init; }

    public bool AlwaysRetry { get; init; }

    public Task<QuicServer> StartAsync()
    {
        Http3Server http3 = new(new Http3ServerOptions
        {
            Handler = new Http3FileServer(root, log).HandleAsync,
            MaxConcurrentRequests = MaxStreams,
            ConfigureConnection = Configure,
        });
        QuicServerConnectionOptions options = http3.CreateConnectionOptions(Tls);
        QuicListenerOptions listener = new()
        {
            ListenEndPoint = EndPoint,
            RetryPolicy = AlwaysRetry ? QuicRetryPolicy.Always : QuicRetryPolicy.Automatic,
            ApplicationProtocols = Tls.ApplicationProtocols!, // Given by the caller.
            ConnectionOptionsCallback = (_, _, _) => ValueTask.FromResult(options),
        };
        return QuicServer.StartAsync(listener, new HqServer(root, log), http3);
    }

    private void Configure(QuicServerConnectionOptions options)
    {
        options.AllowEarlyData = AllowEarlyData;
        options.ReplayFilter = AllowEarlyData ? new BloomReplayFilter() : null;
        options.InitialReceiveWindowSizes.RemotelyInitiatedBidirectionalStream = StreamWindow;
    }
}
