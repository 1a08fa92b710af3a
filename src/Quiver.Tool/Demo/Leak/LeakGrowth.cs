namespace Quiver.Tool.Demo.Leak;

/// <summary>What both ends kept when a quarter of the time was over, and at the end.</summary>
internal readonly record struct LeakGrowth(LeakRow? Early, LeakRow? Late);
