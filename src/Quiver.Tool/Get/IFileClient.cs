namespace Quiver.Tool.Get;

/// <summary>Asks for files on one connection, in the protocol that both ends agreed on.</summary>
internal interface IFileClient
{
    /// <summary>The file, to be read to its end and disposed. Throws <see cref="Commands.ToolException"/> when the server has none.</summary>
    Task<Stream> OpenAsync(Uri url, CancellationToken cancellationToken);
}
