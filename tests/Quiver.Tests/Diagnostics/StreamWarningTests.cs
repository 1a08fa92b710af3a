using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Quiver.Tests.Infrastructure;

namespace Quiver.Tests.Diagnostics;

[Collection(ProcessWide.Name)]
public sealed class StreamWarningTests : IDisposable
{
    private readonly Messages _messages = new();
    private readonly int _count = QuicDiagnostics.StreamWarningCount;
    private readonly TimeSpan _age = QuicDiagnostics.StreamWarningAge;

    public StreamWarningTests()
    {
        QuicDiagnostics.LoggerFactory = _messages;
        QuicDiagnostics.StreamWarningCount = 0;
        QuicDiagnostics.StreamWarningAge = Timeout.InfiniteTimeSpan;
    }

    public void Dispose()
    {
        QuicDiagnostics.LoggerFactory = NullLoggerFactory.Instance;
        QuicDiagnostics.StreamWarningCount = _count;
        QuicDiagnostics.StreamWarningAge = _age;
        _messages.Dispose();
    }

    [Fact]
    public async Task Streams_that_pile_up_unread_are_told_once_until_they_are_gone()
    {
        QuicDiagnostics.StreamWarningCount = 10;
        await using ConnectedPair pair = await ConnectedPair.CreateAsync();
        for (int round = 1; round <= 2; round++)
        {
            List<QuicStream> streams = [];
            for (int i = 0; i < 12; i++)
            {
                (QuicStream client, QuicStream server) = await pair.OpenAsync();
                client.CloseWrite();
                await server.WriteAsync(new byte[8], completeWrites: true).Soon();
                streams.Add(client);
            }

            await Eventually.EqualAsync(round, () => _messages.Count("finished by both sides but unread"));
            string text = _messages.Last("finished by both sides but unread");
            Assert.Contains("12 streams of the connection to 127.0.0.1:", text, StringComparison.Ordinal);
            Assert.Contains("CloseRead()", text, StringComparison.Ordinal);
            await Task.Delay(1_200);
            await pair.OpenAsync();
            Assert.Equal(round, _messages.Count("finished by both sides but unread"));
            foreach (QuicStream stream in streams)
            {
                stream.CloseRead();
            }

            await Task.Delay(1_200);
            await pair.OpenAsync();
        }
    }

    [Fact]
    public async Task Streams_that_nobody_accepts_are_told_of_although_nothing_happens_any_more()
    {
        QuicDiagnostics.StreamWarningAge = TimeSpan.FromMilliseconds(300);
        await using ConnectedPair pair = await ConnectedPair.CreateAsync();
        for (int i = 0; i < 3; i++)
        {
            QuicStream client = await pair.Client.OpenOutboundStreamAsync(QuicStreamType.Unidirectional).Soon();
            await client.WriteAsync(new byte[8], completeWrites: true).Soon();
        }

        await Eventually.EqualAsync(1, () => _messages.Count("are not accepted"));
        string text = _messages.Last("are not accepted");
        Assert.Contains("3 streams of the connection from 127.0.0.1:", text, StringComparison.Ordinal);
        Assert.Contains("AcceptInboundStreamAsync()", text, StringComparison.Ordinal);
        Assert.Contains("Streams 2, 6, 10.", text, StringComparison.Ordinal);
        await Task.Delay(500);
        Assert.Equal(1, _messages.Count("are not accepted"));
    }

    [Fact]
    public async Task A_finished_write_half_with_an_open_read_half_is_told_unless_somebody_reads()
    {
        QuicDiagnostics.StreamWarningAge = TimeSpan.FromMilliseconds(300);
        await using ConnectedPair pair = await ConnectedPair.CreateAsync();
        (QuicStream waited, QuicStream _) = await pair.OpenAsync();
        waited.CloseWrite();
        Task<int> read = waited.ReadAsync(new byte[1]).AsTask();
        await Task.Delay(900);
        Assert.Equal(0, _messages.Count("finished by you"));

        (QuicStream left, QuicStream _) = await pair.OpenAsync();
        left.CloseWrite();
        await Eventually.EqualAsync(1, () => _messages.Count("finished by you"));
        Assert.StartsWith("1 streams", _messages.Last("finished by you"), StringComparison.Ordinal);
        Assert.False(read.IsCompleted);
    }

    [Fact]
    public async Task Open_streams_may_be_left_alone()
    {
        QuicDiagnostics.StreamWarningAge = TimeSpan.FromMilliseconds(100);
        await using ConnectedPair pair = await ConnectedPair.CreateAsync();
        await pair.OpenAsync();
        await Task.Delay(600);
        await pair.OpenAsync();
        Assert.Equal(0, _messages.Count("streams of the"));
    }

    [Fact]
    public async Task Streams_that_are_held_while_the_peer_waits_for_credit_are_named_when_a_collection_frees_none()
    {
        const int Limit = 5;
        bool captured = QuicDiagnostics.CaptureLeakStacks;
        QuicDiagnostics.CaptureLeakStacks = true;
        try
        {
            await using ConnectedPair pair = await ConnectedPair.CreateAsync(client: options => options.MaxInboundBidirectionalStreams = Limit);
            List<QuicStream> held = [];
            for (int i = 0; i < Limit; i++)
            {
                QuicStream server = await pair.Server.OpenOutboundStreamAsync(QuicStreamType.Bidirectional).Soon();
                await server.WriteAsync(new byte[1], completeWrites: true).Soon();
                held.Add(server);
                held.Add(await pair.Client.AcceptInboundStreamAsync().Soon());
            }

            Task<QuicStream> starved = pair.Server.OpenOutboundStreamAsync(QuicStreamType.Bidirectional).AsTask();
            const string Said = "a garbage collection found none to free";
            await Eventually.EqualAsync(true, () => _messages.Count(Said) > 0);
            Assert.Contains($"holds {Limit} that it has not disposed", _messages.Last(Said), StringComparison.Ordinal);
            Assert.Contains("Streams 1, 5, 9, 13, 17", _messages.Last(Said), StringComparison.Ordinal);
            const string Here = nameof(Streams_that_are_held_while_the_peer_waits_for_credit_are_named_when_a_collection_frees_none);
            Assert.True(_messages.Last(Said).Contains(Here, StringComparison.Ordinal), _messages.Last(Said));
            Assert.False(starved.IsCompleted);
            foreach (QuicStream stream in held)
            {
                _ = stream.DisposeAsync().AsTask();
            }

            await (await starved.Soon()).DisposeAsync();
        }
        finally
        {
            QuicDiagnostics.CaptureLeakStacks = captured;
        }
    }

    [Fact]
    public void The_thresholds_are_checked()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => QuicDiagnostics.StreamWarningCount = -1);
        Assert.Throws<ArgumentOutOfRangeException>(() => QuicDiagnostics.StreamWarningAge = TimeSpan.Zero);
        Assert.Throws<ArgumentOutOfRangeException>(() => QuicDiagnostics.StreamWarningAge = TimeSpan.FromSeconds(-2));
    }

    private sealed class Messages : ILoggerFactory, ILogger
    {
        private readonly ConcurrentQueue<string> _texts = new();

        public int Count(string part) => _texts.Count(text => text.Contains(part, StringComparison.Ordinal));

        public string Last(string part) => _texts.Last(text => text.Contains(part, StringComparison.Ordinal));

        public ILogger CreateLogger(string categoryName) => this;

        public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            _texts.Enqueue(formatter(state, exception));

        public void Dispose()
        {
        }
    }
}
