using Microsoft.Win32.SafeHandles;

namespace Quiver.Tool.Get;

/// <summary>A file that appears under its name only when it is complete: until then it has a temporary one, and goes when disposed.</summary>
internal sealed class DownloadFile : IDisposable
{
    private readonly string _path;
    private readonly string _temporaryPath;
    private readonly SafeFileHandle _handle;
    private bool _isComplete;
    private bool _isDisposed;

    public DownloadFile(string path)
    {
        _path = System.IO.Path.GetFullPath(path);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(_path)!); // A full path of a file has a folder.
        _temporaryPath = $"{_path}.{System.IO.Path.GetRandomFileName()}.part";
        _handle = File.OpenHandle(_temporaryPath, FileMode.CreateNew, FileAccess.Write, FileShare.Read, FileOptions.Asynchronous);
    }

    public ValueTask WriteAsync(ReadOnlyMemory<byte> data, long offset, CancellationToken cancellationToken) =>
        RandomAccess.WriteAsync(_handle, data, offset, cancellationToken);

    /// <summary>Gives the file its name, over a file that has it.</summary>
    public void Complete()
    {
        _handle.Dispose();
        File.Move(_temporaryPath, _path, overwrite: true);
        _isComplete = true;
    }

    public void Dispose()
    {
        if (_isDisposed)
        {
            return;
        }

        _isDisposed = true;
        _handle.Dispose();
        if (!_isComplete)
        {
            File.Delete(_temporaryPath);
        }
    }
}
