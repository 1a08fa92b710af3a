using Quiver.Security;

namespace Quiver.Tests.Security;

public sealed class KeyLogFileTests
{
    [Fact]
    public void Lines_are_appended_as_RFC_9850_has_them()
    {
        string path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        try
        {
            File.WriteAllText(path, "# before\n");
            KeyLogFile file = KeyLogFile.Open(path)!;
            file.Write("CLIENT_HANDSHAKE_TRAFFIC_SECRET", [0x01, 0xAB], [0xFF]);
            file.Write("SERVER_TRAFFIC_SECRET_0", [0x02], [0x03, 0x04]);
            using var reader = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
            Assert.Equal("# before\nCLIENT_HANDSHAKE_TRAFFIC_SECRET 01ab ff\nSERVER_TRAFFIC_SECRET_0 02 0304\n", reader.ReadToEnd());
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void Without_the_switch_nothing_is_logged() => Assert.Null(KeyLogFile.Shared);

    [Fact]
    public void A_file_that_cannot_be_opened_logs_nothing() => Assert.Null(KeyLogFile.Open(Path.Combine(Path.GetTempPath(), Path.GetRandomFileName(), "keys")));
}
