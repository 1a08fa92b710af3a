using System.Text.RegularExpressions;

namespace Quiver.Architecture.Tests;

/// <summary>What the documents say about the sources is so.</summary>
public sealed partial class DocumentTests
{
    [Fact]
    public void Every_file_in_where_md_exists()
    {
        string[] paths = [.. Path().Matches(File.ReadAllText(Repository.At("docs/where.md"))).Select(match => match.Groups[1].Value)];
        Assert.NotEmpty(paths);
        Assert.All(paths, path => Assert.True(File.Exists(Repository.At(path)) || Directory.Exists(Repository.At(path)), path));
    }

    [Fact]
    public void The_code_in_the_readme_is_that_of_the_samples()
    {
        string readme = File.ReadAllText(Repository.At("README.md"));
        (string Path, string Code)[] blocks = [.. CodeBlock().Matches(readme).Select(match => (match.Groups[1].Value, match.Groups[2].Value))];
        Assert.Equal(2, blocks.Length);
        Assert.Equal(readme.Split("```csharp").Length - 1, blocks.Length);
        Assert.All(blocks, block => Assert.Equal(File.ReadAllText(Repository.At(block.Path)), block.Code));
    }

    [Fact]
    public void The_code_in_aspnetcore_md_is_that_of_the_sample()
    {
        string text = File.ReadAllText(Repository.At("docs/aspnetcore.md"));
        (string Path, string Code)[] blocks = [.. CodeBlock().Matches(text).Select(match => (match.Groups[1].Value, match.Groups[2].Value))];
        Assert.Equal(2, blocks.Length);
        Assert.Equal(text.Split("```csharp").Length - 1, blocks.Length);
        Assert.All(blocks, block => Assert.Equal(File.ReadAllText(Repository.At(block.Path)), block.Code));
    }

    [Fact]
    public void The_code_in_streams_md_is_that_of_the_samples()
    {
        string text = File.ReadAllText(Repository.At("docs/streams.md"));
        (string Path, string Code)[] blocks = [.. CodeBlock().Matches(text).Select(match => (match.Groups[1].Value, match.Groups[2].Value))];
        Assert.Equal(4, blocks.Length);
        Assert.Equal(text.Split("```csharp").Length - 1, blocks.Length);
        Assert.All(blocks, block => Assert.Equal(File.ReadAllText(Repository.At(block.Path)), block.Code));
    }

    [Fact]
    public async Task The_samples_of_streams_run_and_leave_no_stream()
    {
        string program = Repository.At("artifacts/bin/Streams/release/Streams.dll");
        var start = new System.Diagnostics.ProcessStartInfo("dotnet", [program]) { RedirectStandardOutput = true };
        using System.Diagnostics.Process process = System.Diagnostics.Process.Start(start)!;
        string output = await process.StandardOutput.ReadToEndAsync().WaitAsync(TimeSpan.FromSeconds(60));
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(10));
        Assert.Equal(0, process.ExitCode);
        Assert.EndsWith("live streams: 0 and 0\n", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("docs/streams.md")]
    [InlineData("docs/aspnetcore.md")]
    [InlineData("docs/diagnostics.md")]
    [InlineData("docs/paths.md")]
    [InlineData("README.md")]
    [InlineData("CONTRIBUTING.md")]
    [InlineData("docs/architecture.md")]
    [InlineData("docs/interop.md")]
    [InlineData("docs/moving-from-system-net-quic.md")]
    public void Links_between_documents_lead_somewhere(string document)
    {
        string folder = System.IO.Path.GetDirectoryName(Repository.At(document))!;
        Assert.All(
            Link().Matches(File.ReadAllText(Repository.At(document))).Select(match => match.Groups[1].Value),
            link => Assert.True(System.IO.Path.Exists(System.IO.Path.Combine(folder, link)), link));
    }

    [GeneratedRegex(@"`((?:src|tests|docs)/[^`*]+)`")]
    private static partial Regex Path();

    [GeneratedRegex(@"<!-- (samples/[^ ]+) -->\n```csharp\n(.*?)```\n", RegexOptions.Singleline)]
    private static partial Regex CodeBlock();

    [GeneratedRegex(@"\]\((?!https?:|#)([^)#]+)[^)]*\)")]
    private static partial Regex Link();
}
