using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Quiver.Tool.Hosting;
using Quiver.Tool.Hq;

namespace Quiver.Interop;

/// <summary>The runner's server: serves a folder until it is told to stop.</summary>
internal static class Server
{
    private const int Port = 443;

    // As a server of the runner may begin with; it has more files than that to be asked for.
    private const int MaxStreams = 1000;

    private static readonly TimeSpan s_handshakeTimeout = TimeSpan.FromSeconds(60);

    public static async Task RunAsync(TestCase testCase, RunnerEnvironment environment, TextWriter output)
    {
        TaskCompletionSource stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        QuicServerConnectionOptions options = CreateOptions(testCase, environment);
        HqServer handler = new(new RootFolder(environment.Www), new RequestLog(output, isQuiet: false));
        QuicListenerOptions listener = new()
        {
            ListenEndPoint = new IPEndPoint(IPAddress.IPv6Any, Port),
            ApplicationProtocols = [HqProtocol.Name],
            ConnectionOptionsCallback = (_, _, _) => ValueTask.FromResult(options),
            Versions = testCase.ServerVersions,
            ClientHelloTimeout = s_handshakeTimeout,
            RetryPolicy = testCase.Retry ? QuicRetryPolicy.Always : QuicRetryPolicy.Automatic,
            PreferredIPv4EndPoint = testCase.PreferredAddress ? PreferredAddresses.Find(AddressFamily.InterNetwork) : null,
            PreferredIPv6EndPoint = testCase.PreferredAddress ? PreferredAddresses.Find(AddressFamily.InterNetworkV6) : null,
        };
        await using QuicServer server = await QuicServer.StartAsync(listener, handler);
        await output.WriteLineAsync($"Serving {environment.Www} on {server.LocalEndPoint}");
        await stopped.Task;

        void Stop(PosixSignalContext context)
        {
            context.Cancel = true;
            stopped.TrySetResult();
        }
    }

    private static QuicServerConnectionOptions CreateOptions(TestCase testCase, RunnerEnvironment environment)
    {
        QuicServerConnectionOptions options = new()
        {
            DefaultStreamErrorCode = 0,
            DefaultCloseErrorCode = 0,
            MaxInboundBidirectionalStreams = MaxStreams,
            MaxInboundUnidirectionalStreams = 0,
            HandshakeTimeout = s_handshakeTimeout,
            AllowEarlyData = testCase.EarlyData,
            ReplayFilter = testCase.EarlyData ? new BloomReplayFilter() : null,
            ServerAuthenticationOptions = new SslServerAuthenticationOptions
            {
                ApplicationProtocols = [HqProtocol.Name],
                ServerCertificateContext = ServerCertificate.Load(
                    Path.Combine(environment.Certificates, "cert.pem"), Path.Combine(environment.Certificates, "priv.key"), password: null),
                CipherSuitesPolicy = CipherSuites.For(testCase),
            },
        };
        return options;
    }
}
