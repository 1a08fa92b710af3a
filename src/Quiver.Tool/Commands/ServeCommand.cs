using System.CommandLine;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using Quiver.Tool.Hosting;
using Quiver.Tool.Hq;
using Quiver.Tool.Output;

namespace Quiver.Tool.Commands;

/// <summary><c>quiver serve</c>: the files of a folder over HTTP/3 and hq-interop.</summary>
internal static class ServeCommand
{
    public static Command Create(ToolOutput output)
    {
        Option<DirectoryInfo> root = new("--root") { Description = "The folder whose files are served.", HelpName = "DIR", Required = true };
        Option<IPEndPoint> listen = ListenOption.Create("[::]:4433");
        Option<string?> certificate = new("--cert") { Description = "The certificate and its chain: PEM, or .pfx with the key. Without it, one is made on the spot.", HelpName = "FILE" };
        Option<string?> key = new("--key") { Description = "The private key in PEM, if it is not in the certificate's file.", HelpName = "FILE" };
        Option<string?> password = new("--password") { Description = "The password of the key or of the .pfx file.", HelpName = "TEXT" };
        Option<int> streams = CountOption.Create("--max-streams", "Requests that one client may have open at once.", 1000, max: ushort.MaxValue);
        Option<bool> earlyData = new("--early-data") { Description = "Take requests that come before the handshake is complete (0-RTT), each once." };
        Option<bool> noResume = new("--no-resume") { Description = "Give out no session tickets: every handshake is a full one." };
        Option<bool> retry = new("--retry") { Description = "Have every client without a token prove its address first, by a Retry." };
        Option<bool> quiet = new("--quiet", "-q") { Description = "No line for each connection and request." };
        Command command = new("serve", "Serves the files of a folder over HTTP/3, and over plain QUIC (hq-interop).")
        {
            root, listen, certificate, key, password, streams, earlyData, noResume, retry, quiet,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            DirectoryInfo folder = parsed.GetRequiredValue(root);
            if (!folder.Exists)
            {
                throw new ToolException($"There is no folder {folder}: --root must name one.");
            }

            if (parsed.GetValue(certificate) is null && (parsed.GetValue(key) ?? parsed.GetValue(password)) is not null)
            {
                throw new UsageException("--key and --password go with --cert.");
            }

            if (parsed.GetValue(earlyData) && parsed.GetValue(noResume))
            {
                throw new UsageException("--early-data needs session tickets, which --no-resume forbids.");
            }

            SslStreamCertificateContext identity = parsed.GetValue(certificate) is { } file
                ? ServerCertificate.Load(file, parsed.GetValue(key), parsed.GetValue(password))
                : ServerCertificate.CreateSelfSigned();
            SslServerAuthenticationOptions tls = new()
            {
                ApplicationProtocols = [SslApplicationProtocol.Http3, HqProtocol.Name],
                ServerCertificateContext = identity,
                AllowTlsResume = !parsed.GetValue(noResume),
            };
            FileServing serving = new(new RootFolder(folder.FullName), new RequestLog(output.Out, parsed.GetValue(quiet)))
            {
                EndPoint = parsed.GetRequiredValue(listen),
                Tls = tls,
                MaxStreams = parsed.GetValue(streams),
                AllowEarlyData = parsed.GetValue(earlyData),
                AlwaysRetry = parsed.GetValue(retry),
            };
            await ServeAsync(output, serving, folder, cancellationToken);
            return ExitCodes.Ok;
        });
        return command;
    }

    private static async Task ServeAsync(ToolOutput output, FileServing serving, DirectoryInfo folder, CancellationToken cancellationToken)
    {
        QuicServer server;
        try
        {
            server = await serving.StartAsync();
        }
        catch (SocketException e)
        {
            throw new ToolException($"Cannot listen on {serving.EndPoint}: {e.Message}. Choose another address or port with --listen.", e);
        }

        await using (server)
        {
            string hash = Convert.ToHexStringLower(serving.Tls.ServerCertificateContext!.TargetCertificate.GetCertHash(HashAlgorithmName.SHA256)); // Set by the caller.
            await output.Out.WriteLineAsync($"Serving {folder.FullName} on {server.LocalEndPoint}");
            await output.Out.WriteLineAsync($"Certificate SHA-256 {hash}");
            await output.Out.FlushAsync(CancellationToken.None);
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await output.Out.WriteLineAsync("Stopping.");
        }
    }
}
