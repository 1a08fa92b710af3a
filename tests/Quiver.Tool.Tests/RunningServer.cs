using System.Text;
using Quiver.Tool.Commands;
using Quiver.Tool.Output;

namespace Quiver.Tool.Tests;

/// <summary>A <c>quiver serve</c> or <c>perf --serve</c> inside the test's process, on a port of its own, until disposed.</summary>
internal sealed class RunningServer : IAsyncDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(20);

    private readonly CancellationTokenSource _stop = new();
    private readonly LineWriter _output = new();
    private readonly Task<int> _running;

    private RunningServer(string[] args)
    {
        _running = QuiverCommand.RunAsync(args, ToolOutput.ForWriters(_output, TextWriter.Null), _stop.Token);
    }

    /// <summary>Such as <c>https://localhost:4433</c>.</summary>
    public string Url { get; private set; } = string.Empty;

    public string Address { get; private set; } = string.Empty;

    public string Log => _output.Text;

    public static Task<RunningServer> ServeAsync(string root, params string[] more) =>
        StartAsync(["serve", "--root", root, "--listen", "127.0.0.1:0", .. more], " on ");

    public static Task<RunningServer> PerfAsync() => StartAsync(["perf", "--serve", "--listen", "127.0.0.1:0"], " on ");

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        Assert.Equal(0, await _running.WaitAsync(s_limit));
        _stop.Dispose();
        await _output.DisposeAsync();
    }

    private static async Task<RunningServer> StartAsync(string[] args, string before)
    {
        RunningServer server = new(args);
        string line = await server._output.FirstLine.WaitAsync(s_limit);
        string address = line[(line.LastIndexOf(before, StringComparison.Ordinal) + before.Length)..].Split(';')[0].Trim();
        server.Address = address;
        server.Url = $"https://localhost:{address[(address.LastIndexOf(':') + 1)..]}";
        return server;
    }

    private sealed class LineWriter : TextWriter
    {
        private readonly TaskCompletionSource<string> _firstLine = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly StringBuilder _text = new();
        private readonly Lock _lock = new();

        public Task<string> FirstLine => _firstLine.Task;

        public string Text
        {
            get
            {
                lock (_lock)
                {
                    return _text.ToString();
                }
            }
        }

        public override Encoding Encoding => Encoding.UTF8;

        public override void Write(char value)
        {
            lock (_lock)
            {
                _text.Append(value);
                if (value == '\n')
                {
                    _firstLine.TrySetResult(_text.ToString());
                }
            }
        }
    }
}
