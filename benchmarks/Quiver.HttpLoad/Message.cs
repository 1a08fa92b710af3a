namespace Quiver.HttpLoad;

/// <summary>What "/json" answers with.</summary>
internal sealed record Message(string Text);
