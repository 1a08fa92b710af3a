using Microsoft.Win32.SafeHandles;

namespace Quiver.Tool.Get;

/// <summary>
/// A file that appears under its name only when it is complete: until then it has a temporary one, and goes when disposed. What
/// exists and is empty may be a device or a pipe, which must never be replaced: that is written to directly.
/// </summary>
internal sealed class DownloadFile : IDisposable
{
    private readonly string _path;
    private readonly string? _temporaryPath;
    private readonly SafeFileHandle _handle;
    private bool _isComplete;
    private bool _isDisposed;

    public DownloadFile(string path)
    {
        FileInfo file = new(path);
        _path = file.LinkTarget is null ? file.FullName : file.ResolveLinkTarget(returnFinalTarget: true)!.FullName; // It is a link.
        string folder = System.IO.Path.GetDirectoryName(_path)!; // A full path of a file has one.
        Directory.CreateDirectory(folder);
        if (File.Exists(_path) && new FileInfo(_path).Length == 0)
        {
            // Shared, because a lock on a device would be everyone's.
            _handle = File.OpenHandle(_path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite, FileOptions.Asynchronous);
            return;
        }

        // Not made of the file's name, which may be as long as names can be.
        _temporaryPath = System.IO.Path.Combine(folder, $".{System.IO.Path.GetRandomFileName()}.part");
        _handle = File.OpenHandle(_temporaryPath, FileMode.CreateNew, FileAccess.Write, FileShare.Read, FileOptions.Asynchronous);
    }

    public ValueTask WriteAsync(ReadOnlyMemory<byte> data, long offset, CancellationToken cancellationToken) =>
        RandomAccess.WriteAsync(_handle, data, offset, cancellationToken);

    /// <summary>Gives the file its name, over a file that has it.</summary>
    public void Complete()
    {
        _handle.Dispose();
        if (_temporaryPath is not null)
        {
            File.Move(_temporaryPath, _path, overwrite: true);
        }

        _isComplete = true;
    }

    public void Dispose()
    {
        if (_isDisposed)
        {
            return;
        }

        _isDisposed = true;
        if (!_isComplete && _temporaryPath is null)
        {
            Empty();
        }

        _handle.Dispose();
        if (!_isComplete && _temporaryPath is not null)
        {
            File.Delete(_temporaryPath);
        }
    }

    private void Empty()
    {
        try
        {
            RandomAccess.SetLength(_handle, 0);
        }
        catch (Exception e) when (e is IOException or NotSupportedException or ArgumentException or UnauthorizedAccessException)
        {
            // A device or a pipe: what was written is gone.
        }
    }
}
