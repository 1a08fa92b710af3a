using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace Quiver.AspNetCore.Tests.Infrastructure;

/// <summary>An HTTP/3 client whose every frame is made by hand, so that a test decides what is sent when, and sees every code that comes.</summary>
internal sealed class HandMadeClient : IAsyncDisposable
{
    private readonly List<QuicStream> _kept = [];
    private readonly TaskCompletionSource<byte[]> _settings = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<byte[]> _goAway = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private HandMadeClient(QuicConnection connection)
    {
        Connection = connection;
        Ended = AcceptAsync();
    }

    public QuicConnection Connection { get; }

    /// <summary>Completes with what ended the connection.</summary>
    public Task<Exception> Ended { get; }

    /// <summary>The content of the server's SETTINGS frame.</summary>
    public Task<byte[]> Settings => _settings.Task;

    /// <summary>The content of the server's first GOAWAY frame.</summary>
    public Task<byte[]> GoAway => _goAway.Task;

    public static async Task<HandMadeClient> ConnectAsync(IPEndPoint server, Action<QuicClientConnectionOptions>? configure = null)
    {
        var options = new QuicClientConnectionOptions
        {
            RemoteEndPoint = server,
            DefaultStreamErrorCode = 0x10C,
            DefaultCloseErrorCode = 0x100,
            MaxInboundUnidirectionalStreams = 10,
            ClientAuthenticationOptions = new SslClientAuthenticationOptions
            {
                ApplicationProtocols = [SslApplicationProtocol.Http3],
                TargetHost = "localhost",
                CertificateChainPolicy = TrustRoot(),
            },
        };
        configure?.Invoke(options);
        var client = new HandMadeClient(await QuicConnection.ConnectAsync(options).Soon());
        await client.SendUnidirectionalAsync([0x00, 0x04, 0x00]);
        return client;
    }

    public static X509ChainPolicy TrustRoot() => new()
    {
        TrustMode = X509ChainTrustMode.CustomRootTrust,
        CustomTrustStore = { TestCertificates.Root },
        RevocationMode = X509RevocationMode.NoCheck,
        DisableCertificateDownloads = true,
    };

    /// <summary>Opens a unidirectional stream that stays open.</summary>
    public async Task<QuicStream> SendUnidirectionalAsync(byte[] bytes)
    {
        QuicStream stream = await Connection.OpenOutboundStreamAsync(QuicStreamType.Unidirectional).Soon();
        await stream.WriteAsync(bytes).Soon();
        _kept.Add(stream);
        return stream;
    }

    public Task<WebResponse> GetAsync(string path) => SendAsync("GET", path, body: null);

    /// <summary>A whole request and its whole answer.</summary>
    public async Task<WebResponse> SendAsync(string method, string path, byte[]? body, params (string Name, string Value)[] fields)
    {
        await using WebRequest request = await OpenAsync(method, path, isLast: body is null, fields);
        Task sending = body is null ? Task.CompletedTask : request.SendDataAsync(body, isLast: true);
        WebResponse response = await request.ReadResponseAsync();
        await sending;
        return response;
    }

    /// <summary>Opens a request with its HEADERS frame.</summary>
    public Task<WebRequest> OpenAsync(string method, string path, bool isLast, params (string Name, string Value)[] fields) =>
        OpenAsync([(":method", method), (":scheme", "https"), (":authority", "localhost"), (":path", path), .. fields], isLast);

    public async Task<WebRequest> OpenAsync((string Name, string Value)[] lines, bool isLast)
    {
        QuicStream stream = await Connection.OpenOutboundStreamAsync(QuicStreamType.Bidirectional).Soon();
        await stream.WriteAsync(Frames.Headers(lines), completeWrites: isLast).Soon();
        return new WebRequest(stream);
    }

    public async ValueTask DisposeAsync()
    {
        await Connection.DisposeAsync();
        await Ended.Soon();
        foreach (QuicStream stream in _kept)
        {
            await stream.DisposeAsync();
        }
    }

    private async Task<Exception> AcceptAsync()
    {
        try
        {
            while (true)
            {
                QuicStream stream = await Connection.AcceptInboundStreamAsync();
                _ = ReadControlAsync(stream);
            }
        }
        catch (Exception e) when (e is QuicException or ObjectDisposedException)
        {
            return e;
        }
    }

    private async Task ReadControlAsync(QuicStream stream)
    {
        try
        {
            Assert.Equal(0, await Frames.ReadIntegerAsync(stream));
            while (true)
            {
                (long type, byte[] content) = await Frames.ReadAsync(stream) ?? throw new InvalidDataException("The control stream has ended.");
                if (type == 4)
                {
                    _settings.TrySetResult(content);
                }
                else if (type == 7)
                {
                    _goAway.TrySetResult(content);
                }
            }
        }
        catch (Exception e)
        {
            _settings.TrySetException(e);
            _goAway.TrySetException(e);
            _ = _settings.Task.Exception;
            _ = _goAway.Task.Exception;
        }
        finally
        {
            await stream.DisposeAsync();
        }
    }
}
