namespace Quiver.Tool.Commands;

/// <summary>Arguments that the parser takes one by one but that make no sense together.</summary>
internal sealed class UsageException(string message) : Exception(message);
