namespace Quiver.Tool.Commands;

/// <summary>A failure to be told to the user as it is: what happened, to what, and what to do about it.</summary>
internal sealed class ToolException(string message, Exception? innerException = null) : Exception(message, innerException);
