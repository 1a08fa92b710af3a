using System.Net;
using System.Net.Security;
using System.Text;
using Quiver.Tool.Hq;

namespace Quiver.Tool.Tests;

public sealed class ServeTests : IDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(20);

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("GET /../secret\r\n", HqProtocol.NotFound)]
    [InlineData("GET /..%2Fsecret\r\n", HqProtocol.NotFound)]
    [InlineData("GET /none\r\n", HqProtocol.NotFound)]
    [InlineData("POST /file\r\n", HqProtocol.BadRequest)]
    [InlineData("GET file\r\n", HqProtocol.BadRequest)]
    [InlineData("", HqProtocol.BadRequest)]
    public async Task A_request_that_is_refused_resets_the_stream_with_the_reason(string request, long code)
    {
        _folder.CreateFile("secret", 10);
        _folder.CreateFile("www/file", 10);
        await using RunningServer server = await RunningServer.ServeAsync(_folder["www"]);
        await using QuicConnection connection = await ConnectAsync(server);
        QuicException e = await Assert.ThrowsAsync<QuicException>(() => AskAsync(connection, request, isAll: true));
        Assert.Equal(QuicError.StreamAborted, e.QuicError);
        Assert.Equal(code, e.ApplicationErrorCode);
    }

    [Theory]
    [InlineData("GET /file\r\n", false)]
    [InlineData("GET /file\n", false)]
    [InlineData("GET /file", true)]
    [InlineData("GET /file\r\n", true)]
    public async Task A_request_ends_with_its_line_or_its_stream(string request, bool isAll)
    {
        _folder.CreateFile("file", 10);
        await using RunningServer server = await RunningServer.ServeAsync(_folder.Path);
        await using QuicConnection connection = await ConnectAsync(server);
        Assert.Equal(await File.ReadAllBytesAsync(_folder["file"]), await AskAsync(connection, request, isAll));
    }

    [Fact]
    public async Task Control_characters_of_a_client_do_not_reach_the_log()
    {
        _folder.CreateFile("file", 10);
        await using RunningServer server = await RunningServer.ServeAsync(_folder.Path);
        await using QuicConnection connection = await ConnectAsync(server);
        await Assert.ThrowsAsync<QuicException>(() => AskAsync(connection, "GET /\u001b[2Jx\r\n", isAll: true));
        await connection.CloseAsync(0);
        while (!server.Log.Contains("no such file", StringComparison.Ordinal))
        {
            await Task.Delay(10);
        }

        Assert.Contains("\\u001b[2Jx", server.Log, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', server.Log);
    }

    [Fact]
    public async Task A_folder_that_is_not_there_is_a_failure()
    {
        ToolRun run = await ToolRun.RunAsync("serve", "--root", _folder["none"]);
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("There is no folder", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_certificate_that_cannot_be_read_is_a_failure()
    {
        ToolRun run = await ToolRun.RunAsync("serve", "--root", _folder.Path, "--cert", _folder["none.pem"]);
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("none.pem", run.Error, StringComparison.Ordinal);
    }

    private static Task<QuicConnection> ConnectAsync(RunningServer server) => QuicConnection.ConnectAsync(new QuicClientConnectionOptions
    {
        RemoteEndPoint = IPEndPoint.Parse(server.Address),
        DefaultCloseErrorCode = 0,
        DefaultStreamErrorCode = 0,
        ClientAuthenticationOptions = new SslClientAuthenticationOptions
        {
            ApplicationProtocols = [HqProtocol.Name],
            TargetHost = "localhost",
            RemoteCertificateValidationCallback = (_, _, _, _) => true,
        },
    }).AsTask().WaitAsync(s_limit);

    private static async Task<byte[]> AskAsync(QuicConnection connection, string request, bool isAll)
    {
        await using QuicStream stream = await connection.OpenOutboundStreamAsync(QuicStreamType.Bidirectional);
        await stream.WriteAsync(Encoding.UTF8.GetBytes(request), isAll);
        using MemoryStream answer = new();
        await stream.CopyToAsync(answer).WaitAsync(s_limit);
        return answer.ToArray();
    }
}
