using System.Diagnostics;

namespace Quiver.Interop.Tests.Infrastructure;

/// <summary>
/// A program of somebody else, what it prints, and its end: it is killed with its children on dispose, and by coreutils' timeout
/// should this process die first.
/// </summary>
internal sealed class PeerProcess : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly List<string> _lines = [];
    private readonly Process _process;
    private readonly string _command;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _openOutputs = 2;
    private bool _isDisposed;

    private PeerProcess(Process process, string command)
    {
        _process = process;
        _command = command;
    }

    public int Id => _process.Id;

    public static PeerProcess Start(string directory, string program, params IReadOnlyList<string> arguments) =>
        Start(directory, TimeSpan.FromMinutes(3), program, arguments);

    public static PeerProcess Start(string directory, TimeSpan life, string program, params IReadOnlyList<string> arguments)
    {
        string seconds = ((int)life.TotalSeconds).ToString();
        var start = new ProcessStartInfo("timeout", ["-k", "2", seconds, program, .. arguments])
        {
            WorkingDirectory = directory,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // The key log is of this process; a peer given the same name would add its own lines.
        start.Environment.Remove("SSLKEYLOGFILE");
        start.Environment["NO_COLOR"] = "1";
        var process = new Process { StartInfo = start };
        var peer = new PeerProcess(process, $"{program} {string.Join(' ', arguments)}");
        process.OutputDataReceived += (_, e) => peer.OnLine(e.Data);
        process.ErrorDataReceived += (_, e) => peer.OnLine(e.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return peer;
    }

    /// <summary>Runs to the end and gives what was printed; fails unless the exit code is 0.</summary>
    public static async Task<string> RunAsync(string directory, string program, params IReadOnlyList<string> arguments)
    {
        await using PeerProcess process = Start(directory, program, arguments);
        return await process.SucceededAsync();
    }

    /// <summary>The first line that starts so; fails when the output ends without one.</summary>
    public async Task<string> LineAsync(string start)
    {
        int seen = 0;
        while (true)
        {
            Task changed;
            bool ended;
            lock (_lock)
            {
                for (; seen < _lines.Count; seen++)
                {
                    if (_lines[seen].Contains(start, StringComparison.Ordinal))
                    {
                        return _lines[seen];
                    }
                }

                changed = _changed.Task;
                ended = _openOutputs == 0;
            }

            Assert.False(ended, $"{_command} ended without a line '{start}':\n{Output()}");
            try
            {
                await changed.Soon();
            }
            catch (TimeoutException)
            {
                Assert.Fail($"{_command} did not print '{start}' within {Bounds.Limit}:\n{Output()}");
            }
        }
    }

    /// <summary>Waits for its end and fails unless the exit code is 0.</summary>
    public async Task<string> SucceededAsync(TimeSpan? limit = null)
    {
        try
        {
            await _process.WaitForExitAsync().WaitAsync(limit ?? Bounds.Limit);
        }
        catch (TimeoutException)
        {
            Assert.Fail($"{_command} did not end:\n{Output()}");
        }

        Assert.True(_process.ExitCode == 0, $"{_command} ended with {_process.ExitCode}:\n{Output()}");
        return Output();
    }

    public string Output()
    {
        lock (_lock)
        {
            return string.Join('\n', _lines);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_isDisposed)
        {
            return;
        }

        _isDisposed = true;
        try
        {
            _process.Kill(entireProcessTree: true);
        }
        catch (InvalidOperationException)
        {
            // It has ended by itself.
        }

        await _process.WaitForExitAsync().Soon();
        _process.Dispose();
    }

    private void OnLine(string? line)
    {
        TaskCompletionSource changed;
        lock (_lock)
        {
            if (line is null)
            {
                _openOutputs--;
            }
            else
            {
                _lines.Add(line);
            }

            changed = _changed;
            _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        changed.SetResult();
    }
}
