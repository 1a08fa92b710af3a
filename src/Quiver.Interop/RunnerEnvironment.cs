namespace Quiver.Interop;

/// <summary>What the interop runner says by environment variables, and where its folders are mounted.</summary>
internal sealed record RunnerEnvironment
{
    public required string Role { get; init; }

    public required string TestCase { get; init; }

    /// <summary>Client: what to fetch.</summary>
    public IReadOnlyList<Uri> Requests { get; init; } = [];

    /// <summary>Server: the files to serve.</summary>
    public string Www { get; init; } = "/www";

    /// <summary>Client: where files go, under their own names.</summary>
    public string Downloads { get; init; } = "/downloads";

    /// <summary>Server: <c>cert.pem</c> and <c>priv.key</c>.</summary>
    public string Certificates { get; init; } = "/certs";

    public static RunnerEnvironment FromProcess() => new()
    {
        Role = Get("ROLE") ?? string.Empty,
        TestCase = Get("TESTCASE") ?? string.Empty,
        Requests = [.. (Get("REQUESTS") ?? string.Empty).Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(url => new Uri(url, UriKind.Absolute))],
        Www = Get("WWW") ?? "/www",
        Downloads = Get("DOWNLOADS") ?? "/downloads",
        Certificates = Get("CERTS") ?? "/certs",
    };

    private static string? Get(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
