using System.Net;
using System.Reflection;
using Quiver.Http3.Client;
using Quiver.Http3.Priorities;
using Quiver.Http3.Tests.Infrastructure;

namespace Quiver.Http3.Tests;

/// <summary>Options, header lists and priorities, without a connection.</summary>
public sealed class OptionsTests
{
    /// <summary>When the transport gets a new option, the copy must have it.</summary>
    [Fact]
    public void Every_option_of_a_connection_is_copied()
    {
        QuicClientConnectionOptions options = Loopback.ClientOptions(new IPEndPoint(IPAddress.Loopback, 1));
        foreach (PropertyInfo property in typeof(QuicClientConnectionOptions).GetProperties())
        {
            object? other = property.PropertyType switch
            {
                var x when x == typeof(int) => 7,
                var x when x == typeof(long) => 7L,
                var x when x == typeof(bool) => !(bool)property.GetValue(options)!,
                var x when x == typeof(TimeSpan) => TimeSpan.FromSeconds(7),
                var x when x == typeof(QuicVersion?) => QuicVersion.Version2,
                var x when x == typeof(IPEndPoint) => new IPEndPoint(IPAddress.Loopback, 7),
                var x when x == typeof(IReadOnlyList<QuicVersion>) => new[] { QuicVersion.Version2 },
                var x when x == typeof(AddressTokenStore) => AddressTokenStore.None,
                var x when x == typeof(QuicReceiveWindowSizes) => new QuicReceiveWindowSizes(),
                var x when x == typeof(QuicDatagramReceivedCallback) => new QuicDatagramReceivedCallback((_, _) => { }),
                var x when x == typeof(Action<QuicConnection, QuicDatagramOutcome>) => new Action<QuicConnection, QuicDatagramOutcome>((_, _) => { }),
                var x when x == typeof(Action<QuicConnection, QuicStreamCapacityChangedArgs>) => new Action<QuicConnection, QuicStreamCapacityChangedArgs>((_, _) => { }),
                _ => property.GetValue(options),
            };
            property.SetValue(options, other);
        }

        QuicClientConnectionOptions copy = ClientOptions.Copy(options);
        Assert.All(typeof(QuicClientConnectionOptions).GetProperties(), property => Assert.Equal(property.GetValue(options), property.GetValue(copy)));
    }

    [Fact]
    public void The_callers_options_stay_as_they_are()
    {
        QuicClientConnectionOptions options = new() { RemoteEndPoint = new IPEndPoint(IPAddress.Loopback, 1) };
        QuicClientConnectionOptions complete = ClientOptions.Complete(options, new Http3ClientConnectionOptions());
        Assert.NotSame(options, complete);
        Assert.Equal(-1, options.DefaultCloseErrorCode);
        Assert.Equal((long)Http3ErrorCode.NoError, complete.DefaultCloseErrorCode);
        Assert.Equal((long)Http3ErrorCode.RequestCancelled, complete.DefaultStreamErrorCode);
        Assert.True(complete.MaxInboundUnidirectionalStreams >= 3);
        Assert.Equal("h3", Assert.Single(complete.ClientAuthenticationOptions.ApplicationProtocols!).ToString());
    }

    [Theory]
    [InlineData("", 3, false)]
    [InlineData("u=0", 0, false)]
    [InlineData("u=7, i", 7, true)]
    [InlineData("i", 3, true)]
    [InlineData("i=?1", 3, true)]
    [InlineData("i=?0,u=2", 2, false)]
    [InlineData("u=8", 3, false)] // out of range
    [InlineData("u=-1", 3, false)]
    [InlineData("u=1.5", 3, false)]
    [InlineData("u=?1, i=5", 3, false)] // of other types
    [InlineData("u=1;x=2, i;y", 1, true)] // with parameters
    [InlineData("other=\"a, u=5\", u=1", 1, false)] // a string with a comma
    [InlineData("u=1, u=6", 6, false)] // the last counts
    [InlineData(",,,=;", 3, false)]
    [InlineData("u", 3, false)]
    [Rfc(9218, "4")]
    public void Priorities_are_read(string value, int urgency, bool isIncremental) =>
        Assert.Equal(new Http3Priority(urgency, isIncremental), PriorityField.Parse(value));

    [Theory]
    [InlineData("", "x")]
    [InlineData("a b", "x")]
    [InlineData(":path", "x")]
    [InlineData("connection", "close")]
    [InlineData("Transfer-Encoding", "chunked")]
    [InlineData("x", "a\r\nb")]
    [InlineData("x", "a\0")]
    [InlineData("x", "€")]
    public void What_cannot_be_sent_cannot_be_added(string name, string value) =>
        Assert.Throws<ArgumentException>(() => new Http3Headers().Add(name, value));

    [Fact]
    public void Headers_are_a_list_of_names_without_case()
    {
        Http3Headers headers = new() { { "Set-Cookie", "a" }, { "set-cookie", "b" }, { "X-One", "1" } };
        Assert.Equal("a", headers["SET-COOKIE"]);
        Assert.Equal(["a", "b"], headers.GetValues("set-cookie"));
        Assert.Equal(["set-cookie", "set-cookie", "x-one"], headers.Select(x => x.Key));
        headers["x-one"] = "2";
        headers["set-cookie"] = null;
        Assert.Equal(KeyValuePair.Create("x-one", "2"), Assert.Single(headers));
        Assert.False(headers.Remove("none"));
        Assert.Null(headers["none"]);
    }

    [Theory]
    [InlineData(0, 4096, 100)]
    [InlineData(2_100_000, 4096, 100)]
    [InlineData(64, -1, 100)]
    [InlineData(64, 65_537, 100)]
    [InlineData(64, 4096, 65_536)]
    public void Client_options_out_of_range_are_refused(int length, int capacity, int blocked) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new Http3ClientConnectionOptions
        {
            MaxResponseHeadersLength = length,
            QpackMaxTableCapacity = capacity,
            QpackBlockedStreams = blocked,
        }.ToSettings());

    [Fact]
    public void A_server_needs_a_handler_and_limits_in_range()
    {
        Assert.Throws<ArgumentException>(() => new Http3Server(new Http3ServerOptions()));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Http3Server(new Http3ServerOptions { Handler = _ => Task.CompletedTask, MaxConcurrentRequests = 0 }));
    }
}
