using System.Net;
using Quiver.Http3.Settings;
using Quiver.Http3.Tests.Infrastructure;

namespace Quiver.Http3.Tests;

/// <summary>Early data and the settings that are remembered for it. RFC 9114 §7.2.4.2.</summary>
public sealed class EarlyDataTests
{
    /// <summary>What servers wait for before they answer a client.</summary>
    private static TaskCompletionSource s_gate = Open();

    [Fact]
    [Rfc(9114, "7.2.4.2")]
    public async Task A_GET_goes_out_early_and_a_POST_waits()
    {
        SessionTicketStore tickets = new();
        await using Http3Server server = await ListenAsync();
        await using (Http3ClientConnection first = await ConnectAsync(server, tickets))
        {
            Assert.Equal("late", await AskAsync(first, HttpMethod.Get));
            await TicketAsync(first, tickets);
        }

        // The server does not answer before the request is out.
        s_gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using Http3ClientConnection second = await ConnectAsync(server, tickets);
        Task<string> asking = AskAsync(second, HttpMethod.Get);
        s_gate.SetResult();
        Assert.Equal("early", await asking);
        Assert.Equal(QuicEarlyDataState.Accepted, second.Connection.EarlyDataState);
        await TicketAsync(second, tickets);

        await using Http3ClientConnection third = await ConnectAsync(server, tickets);
        Assert.Equal("late", await AskAsync(third, HttpMethod.Post));
        Assert.Equal(QuicEarlyDataState.Accepted, third.Connection.EarlyDataState);
    }

    [Fact]
    [Rfc(9114, "7.2.4.2")]
    public async Task A_server_that_allows_less_than_before_takes_no_early_data_and_the_request_is_sent_again()
    {
        SessionTicketStore tickets = new();
        SessionTicketKeyRing keys = new();
        int port;
        await using (Http3Server before = await ListenAsync(keys: keys))
        {
            port = before.LocalEndPoint!.Port;
            await using Http3ClientConnection first = await ConnectAsync(before, tickets);
            Assert.Equal("late", await AskAsync(first, HttpMethod.Get));
            await TicketAsync(first, tickets);
        }

        await using Http3Server after = await ListenAsync(options => options.QpackBlockedStreams = 1, port, keys);
        await using Http3ClientConnection second = await ConnectAsync(after, tickets);
        Assert.Equal("late", await AskAsync(second, HttpMethod.Get));
        Assert.True(second.Connection.IsResumed);
        Assert.Equal(QuicEarlyDataState.Rejected, second.Connection.EarlyDataState);

        // The control stream has come anew: the server has our settings.
        Assert.Equal("late", await AskAsync(second, HttpMethod.Post));
        await Eventually.EqualAsync(0, () => second.ActiveRequests);
    }

    [Theory]
    [InlineData(4096, 100, 1000, true, true, true)]
    [InlineData(4096, 200, 2000, true, true, true)]
    [InlineData(4096, 99, 1000, true, true, false)] // fewer blocked streams
    [InlineData(8192, 100, 1000, true, true, false)] // the capacity must not change at all
    [InlineData(0, 100, 1000, true, true, false)]
    [InlineData(4096, 100, 999, true, true, false)] // smaller sections
    [InlineData(4096, 100, null, true, true, false)] // left out
    [InlineData(4096, 100, 1000, false, true, false)]
    [InlineData(4096, 100, 1000, true, false, false)]
    [Rfc(9114, "7.2.4.2")]
    [Rfc(9204, "3.2.3")]
    public void Settings_may_only_allow_more(int capacity, int blocked, int? size, bool connect, bool datagrams, bool isCompatible)
    {
        Http3Settings before = new()
        {
            QpackMaxTableCapacity = 4096,
            QpackBlockedStreams = 100,
            MaxFieldSectionSize = 1000,
            EnableConnectProtocol = true,
            EnableDatagrams = true,
        };
        Http3Settings after = new()
        {
            QpackMaxTableCapacity = capacity,
            QpackBlockedStreams = blocked,
            MaxFieldSectionSize = size,
            EnableConnectProtocol = connect,
            EnableDatagrams = datagrams,
        };
        Assert.Equal(isCompatible, SettingsCompatibility.Keeps(before, after));
        Exception? thrown = Record.Exception(() => SettingsCompatibility.Check(before, after));
        Http3ErrorCode? expected = isCompatible ? null : capacity == 4096 ? Http3ErrorCode.SettingsError : Http3ErrorCode.QpackDecoderStreamError;
        Assert.Equal(expected, (thrown as Http3ProtocolException)?.Code);
    }

    [Fact]
    public void Settings_survive_in_a_ticket()
    {
        Http3Settings settings = new() { QpackMaxTableCapacity = 4096, QpackBlockedStreams = 16, MaxFieldSectionSize = 12345, EnableConnectProtocol = true };
        Assert.True(TicketSettings.TryRead(TicketSettings.Write(settings), out Http3Settings? read));
        Assert.Equal(4096, read.QpackMaxTableCapacity);
        Assert.Equal(16, read.QpackBlockedStreams);
        Assert.Equal(12345, read.MaxFieldSectionSize);
        Assert.True(read.EnableConnectProtocol);
        Assert.False(read.EnableDatagrams);
        Assert.False(TicketSettings.TryRead([], out _));
        Assert.False(TicketSettings.TryRead([2, 4, 0], out _));
        Assert.False(TicketSettings.TryRead([1, 4, 1, 6], out _));
    }

    private static async Task<Http3Server> ListenAsync(Action<Http3ServerOptions>? configure = null, int port = 0, SessionTicketKeyRing? keys = null)
    {
        Http3ServerOptions options = Http3Pair.ServerOptions(async context =>
        {
            // A request that waited for the handshake may come with it, but is not early.
            byte[] answer = context.Request.IsEarlyData ? "early"u8.ToArray() : "late"u8.ToArray();
            await context.Response.Body.WriteAsync(answer);
        });
        options.ListenEndPoint = new IPEndPoint(IPAddress.Loopback, port);
        options.ConfigureListener = listener =>
        {
            var inner = listener.ConnectionOptionsCallback;
            listener.ConnectionOptionsCallback = async (connection, hello, cancellationToken) =>
            {
                await s_gate.Task;
                return await inner(connection, hello, cancellationToken);
            };
        };
        options.ConfigureConnection = connection =>
        {
            connection.AllowEarlyData = true;
            connection.SessionTicketKeys = keys;
        };
        configure?.Invoke(options);
        return await Http3Server.ListenAsync(options).Soon();
    }

    private static async Task<Http3ClientConnection> ConnectAsync(Http3Server server, SessionTicketStore tickets)
    {
        QuicClientConnectionOptions options = Loopback.ClientOptions(server.LocalEndPoint!);
        options.SessionTickets = tickets;
        options.EnableEarlyData = true;
        options.ClientAuthenticationOptions.RemoteCertificateValidationCallback = s_accept;
        return await Http3ClientConnection.ConnectAsync(options).Soon();
    }

    /// <summary>The same one each time, or a session would not be trusted.</summary>
    private static readonly System.Net.Security.RemoteCertificateValidationCallback s_accept = static (_, _, _, _) => true;

    private static async Task<string> AskAsync(Http3ClientConnection client, HttpMethod method)
    {
        using HttpRequestMessage request = new(method, "https://localhost/");
        using HttpResponseMessage response = await client.SendAsync(request).Soon();
        return await response.Content.ReadAsStringAsync().Soon();
    }

    private static TaskCompletionSource Open()
    {
        TaskCompletionSource gate = new(TaskCreationOptions.RunContinuationsAsynchronously);
        gate.SetResult();
        return gate;
    }

    private static async Task TicketAsync(Http3ClientConnection client, SessionTicketStore tickets)
    {
        await client.ServerSettings.Soon();
        await Eventually.EqualAsync(true, () => tickets.Count > 0);
    }
}
