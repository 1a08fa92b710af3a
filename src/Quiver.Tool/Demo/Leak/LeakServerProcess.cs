using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using Quiver.Tool.Commands;
using Quiver.Tool.Hosting;

namespace Quiver.Tool.Demo.Leak;

/// <summary>The server in a process of its own, asked for samples over its standard input.</summary>
internal sealed class LeakServerProcess : IAsyncDisposable
{
    private static readonly TimeSpan s_grace = TimeSpan.FromSeconds(3);

    private readonly Process _process;

    private LeakServerProcess(Process process, int port, X509Certificate2 certificate)
    {
        _process = process;
        EndPoint = new IPEndPoint(IPAddress.Loopback, port);
        Certificate = certificate;
    }

    public IPEndPoint EndPoint { get; }

    public X509Certificate2 Certificate { get; }

    public static async Task<LeakServerProcess> StartAsync(TimeSpan every, CancellationToken cancellationToken)
    {
        string[] arguments = every > TimeSpan.Zero
            ? ["leak-server", "--every", $"{every.TotalMicroseconds.ToString(CultureInfo.InvariantCulture)}us"]
            : ["leak-server"];
        Process process = SelfProcess.Start(arguments);
        string line = await process.StandardOutput.ReadLineAsync(cancellationToken) ?? throw new ToolException("The demo's server ended before it had a port.");
        string[] parts = line.Split(' ');
        return new LeakServerProcess(
            process, int.Parse(parts[0], CultureInfo.InvariantCulture), X509CertificateLoader.LoadCertificate(Convert.FromBase64String(parts[1])));
    }

    public Task<LeakSample> SampleAsync(CancellationToken cancellationToken) => AskAsync("sample", cancellationToken);

    /// <summary>As <see cref="LeakSample.TakeCollected"/>.</summary>
    public Task<LeakSample> SampleCollectedAsync(CancellationToken cancellationToken) => AskAsync(LeakServer.Collected, cancellationToken);

    private async Task<LeakSample> AskAsync(string line, CancellationToken cancellationToken)
    {
        await _process.StandardInput.WriteLineAsync(line.AsMemory(), cancellationToken);
        await _process.StandardInput.FlushAsync(cancellationToken);
        string answer = await _process.StandardOutput.ReadLineAsync(cancellationToken) ?? throw new ToolException("The demo's server ended before the demo.");
        return LeakSample.Parse(answer);
    }

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        using CancellationTokenSource grace = new(s_grace);
        try
        {
            await _process.WaitForExitAsync(grace.Token);
        }
        catch (OperationCanceledException)
        {
            _process.Kill();
        }

        _process.Dispose();
        Certificate.Dispose();
    }
}
