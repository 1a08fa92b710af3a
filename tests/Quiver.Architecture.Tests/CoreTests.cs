using System.Diagnostics;
using System.Net.Sockets;
using System.Reflection;
using Quiver.Protocol.Connections;

namespace Quiver.Architecture.Tests;

/// <summary>The core is told the time and given its randomness; it waits for nothing and knows no socket.</summary>
public sealed class CoreTests
{
    private static readonly Assembly s_core = typeof(Connection).Assembly;

    private static readonly Type[] s_forbidden =
    [
        typeof(Task), typeof(Task<>), typeof(ValueTask), typeof(ValueTask<>), typeof(Timer), typeof(Thread), typeof(Stopwatch), typeof(Random),
        typeof(TimeProvider), typeof(CancellationToken), typeof(Stream), typeof(FileStream), typeof(System.Timers.Timer), typeof(PeriodicTimer),
    ];

    private static readonly Type[] s_allowedOfSockets = [typeof(AddressFamily), typeof(SocketError)];

    [Fact]
    public void The_core_mentions_no_task_clock_randomness_or_socket()
    {
        string[] uses = [.. s_core.GetTypes().SelectMany(TypeUse.Of)
            .Where(use => s_forbidden.Contains(use.Used) || (use.Used.Namespace == "System.Net.Sockets" && !s_allowedOfSockets.Contains(use.Used)))
            .Select(use => $"{use.By} uses {use.Used}").Distinct()];
        Assert.Empty(uses);
    }

    [Fact]
    public void The_check_sees_what_it_looks_for() =>
        Assert.Contains(typeof(QuicConnection).Assembly.GetTypes().SelectMany(TypeUse.Of), use => use.Used == typeof(Task));

    [Fact]
    public void The_core_references_no_assembly_of_ours_and_no_library_but_BouncyCastle()
    {
        string[] references = [.. s_core.GetReferencedAssemblies().Select(name => name.Name!)
            .Where(name => !name.StartsWith("System.", StringComparison.Ordinal) && name != "System")];
        Assert.All(references, name => Assert.Equal("BouncyCastle.Cryptography", name));
    }

    [Fact]
    public void The_core_is_built_without_unsafe_code() =>
        Assert.DoesNotContain("AllowUnsafeBlocks", File.ReadAllText(Repository.At("src/Quiver.Protocol/Quiver.Protocol.csproj")), StringComparison.Ordinal);
}
