namespace Quiver.Diagnostics;

/// <summary>What an application can drop without disposing it.</summary>
internal enum LeakKind
{
    Stream,
    Connection,
    Listener,
}
