using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace Quiver.Tool.Get;

/// <summary>What to fetch, where to put it and whom to trust.</summary>
internal sealed record GetOptions
{
    public required IReadOnlyList<Uri> Urls { get; init; }

    /// <summary>A file, a folder, <c>-</c> for the standard output, or null for the working directory.</summary>
    public string? Output { get; init; }

    /// <summary>Streams open at once on a connection.</summary>
    public int Parallel { get; init; } = 16;

    /// <summary>Application protocols to offer, most wanted first.</summary>
    public required IReadOnlyList<SslApplicationProtocol> Protocols { get; init; }

    public bool Insecure { get; init; }

    /// <summary>The roots to trust instead of the system's.</summary>
    public X509Certificate2Collection? Roots { get; init; }

    /// <summary>Whether to fetch on a resumed connection.</summary>
    public bool Resume { get; init; }

    /// <summary>Whether requests go out as early data.</summary>
    public bool EarlyData { get; init; }

    /// <summary>When the connection moves to another port; null: never.</summary>
    public MigrateAfter? MigrateAfter { get; init; }

    /// <summary>Versions of QUIC, most wanted first.</summary>
    public IReadOnlyList<QuicVersion> Versions { get; init; } = [QuicVersion.Version1, QuicVersion.Version2];

    /// <summary>Whether to tell how each connection began and went.</summary>
    public bool Verbose { get; init; }

    /// <summary>For everything together.</summary>
    public TimeSpan Timeout { get; init; } = System.Threading.Timeout.InfiniteTimeSpan;
}
