namespace Quiver.Interop.Tests.Infrastructure;

/// <summary>A directory for the qlog files of quic-go, to see that what was asked of it happened.</summary>
internal sealed class Qlog : IDisposable
{
    public string Directory { get; } = System.IO.Directory.CreateTempSubdirectory("quiver-qlog-").FullName;

    /// <summary>Waits until so many lines have the text: a file is complete when its connection has ended.</summary>
    public async Task HasAsync(string text, int count)
    {
        int found = 0;
        for (int i = 0; i < 100; i++)
        {
            found = System.IO.Directory.GetFiles(Directory).SelectMany(File.ReadLines).Count(x => x.Contains(text, StringComparison.Ordinal));
            if (found >= count)
            {
                return;
            }

            await Task.Delay(100);
        }

        Assert.Fail($"quic-go's qlog has {found} lines with '{text}', not {count}.");
    }

    public void Dispose() => System.IO.Directory.Delete(Directory, recursive: true);
}
