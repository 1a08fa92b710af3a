using Quiver.Tool.Hq;

namespace Quiver.Tool.Tests;

public sealed class RootFolderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly RootFolder _root;

    public RootFolderTests()
    {
        _folder.CreateFile("secret", 10);
        _folder.CreateFile("www-other/secret", 10);
        _folder.CreateFile("www/file", 10);
        _folder.CreateFile("www/sub/a b%", 10);
        _root = new RootFolder(_folder["www"]);
    }

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("/file")]
    [InlineData("//file")]
    [InlineData("/file?query")]
    [InlineData("/sub/a%20b%25")]
    public void Files_below_the_root_are_found(string path) => Assert.NotNull(_root.Find(path));

    [Theory]
    [InlineData("/")]
    [InlineData("/sub")]
    [InlineData("/file/")]
    [InlineData("/none")]
    [InlineData("/../secret")]
    [InlineData("/../www/file")]
    [InlineData("/sub/../file")]
    [InlineData("/../www-other/secret")]
    [InlineData("/%2e%2e/secret")]
    [InlineData("/..%2fsecret")]
    [InlineData("/.%2e%2fsecret")]
    [InlineData("/..\\secret")]
    [InlineData("/./file")]
    [InlineData("/file%00")]
    public void Everything_else_is_not(string path) => Assert.Null(_root.Find(path));

    [Theory]
    [InlineData("../secret", false)]
    [InlineData("..", false)]
    [InlineData("../www-other", false)]
    [InlineData("file", true)]
    [InlineData("../www/file", true)]
    [InlineData("link", false)]
    public void Links_may_lead_about_below_the_root_but_not_out_of_it(string target, bool isAllowed)
    {
        File.CreateSymbolicLink(Path.Combine(_folder["www"], "link"), target);
        Assert.Equal(isAllowed, (_root.Find("/link") ?? _root.Find("/link/secret")) is not null);
    }

    [Fact]
    public void A_root_that_is_a_link_is_the_folder_it_leads_to()
    {
        Directory.CreateSymbolicLink(_folder["alias"], _folder["www"]);
        Assert.NotNull(new RootFolder(_folder["alias"]).Find("/file"));
    }
}
