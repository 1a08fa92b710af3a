namespace Quiver.Http3.Tests.Infrastructure;

/// <summary>A client that is driven byte by byte, connected to our server.</summary>
internal sealed class EvilClient : IAsyncDisposable
{
    /// <summary>GET https localhost / by the static table.</summary>
    public static readonly byte[] GetHeaders = [0x01, 0x10, 0x00, 0x00, 0xd1, 0xd7, 0x50, 0x09, (byte)'l', (byte)'o', (byte)'c', (byte)'a', (byte)'l', (byte)'h', (byte)'o', (byte)'s', (byte)'t', 0xc1];

    /// <summary>A finalizer would end the streams.</summary>
    private readonly List<QuicStream> _kept = [];

    private EvilClient(Http3Server server, QuicConnection connection)
    {
        Server = server;
        Connection = connection;
    }

    public Http3Server Server { get; }

    public QuicConnection Connection { get; }

    public static async Task<EvilClient> StartAsync(
        Func<Http3Context, Task>? handler = null, Action<Http3ServerOptions>? configure = null, Action<QuicClientConnectionOptions>? client = null)
    {
        Http3ServerOptions options = Http3Pair.ServerOptions(handler ?? (_ => Task.CompletedTask));
        configure?.Invoke(options);
        Http3Server server = await Http3Server.ListenAsync(options).Soon();
        QuicClientConnectionOptions quic = Loopback.ClientOptions(server.LocalEndPoint!);
        client?.Invoke(quic);
        return new EvilClient(server, await QuicConnection.ConnectAsync(quic).Soon());
    }

    /// <summary>Opens a unidirectional stream and writes to it; it stays open.</summary>
    public Task<QuicStream> OpenAsync(params byte[] bytes) => OpenAsync(QuicStreamType.Unidirectional, bytes, isComplete: false);

    /// <summary>Opens a control stream with empty SETTINGS and what follows.</summary>
    public Task<QuicStream> OpenControlAsync(params byte[] frames) => OpenAsync([0x00, 0x04, 0x00, .. frames]);

    /// <summary>Opens a request stream, writes to it and ends it.</summary>
    public Task<QuicStream> RequestAsync(params byte[] bytes) => OpenAsync(QuicStreamType.Bidirectional, bytes, isComplete: true);

    /// <summary>Opens a request stream and writes to it; it stays open.</summary>
    public Task<QuicStream> BeginRequestAsync(params byte[] bytes) => OpenAsync(QuicStreamType.Bidirectional, bytes, isComplete: false);

    /// <summary>The server closes the connection with the code.</summary>
    public Task ClosedAsync(Http3ErrorCode code) => Closing.ExpectAsync(Connection, code);

    /// <summary>The server resets the stream with the code; the connection lives.</summary>
    public async Task ResetAsync(QuicStream stream, Http3ErrorCode code)
    {
        QuicException thrown = await Assert.ThrowsAsync<QuicException>(() => stream.ReadToEndAsync(1 << 20).Soon());
        Assert.Equal(QuicError.StreamAborted, thrown.QuicError);
        Assert.Equal(code, (Http3ErrorCode)thrown.ApplicationErrorCode!);
        await LivesAsync();
    }

    /// <summary>The server answers a request.</summary>
    public async Task LivesAsync()
    {
        QuicStream stream = await RequestAsync(GetHeaders);
        Assert.NotEmpty(await stream.ReadToEndAsync(1 << 20).Soon());
    }

    /// <summary>The server has no request stream left.</summary>
    public Task NothingLeftAsync() => Eventually.EqualAsync(
        0, () => Connection.GetStatistics().Streams.Where(x => x.Type == QuicStreamType.Bidirectional).Sum(x => x.Count));

    public async ValueTask DisposeAsync()
    {
        await Connection.DisposeAsync().Soon();
        await Server.DisposeAsync().Soon();
    }

    private async Task<QuicStream> OpenAsync(QuicStreamType type, byte[] bytes, bool isComplete)
    {
        QuicStream stream = await Connection.OpenOutboundStreamAsync(type).Soon();
        _kept.Add(stream);
        await stream.WriteAsync(bytes, isComplete).Soon();
        return stream;
    }
}
