using Quiver.Protocol.Crypto;
using Quiver.Testing;

namespace Quiver.Protocol.Tests.Crypto;

public sealed class HkdfLabelTests
{
    /// <summary>The Initial secret of RFC 9001 §A.1 and what is expanded from it.</summary>
    private const string InitialSecret = "7db5df06e7a69e432496adedb00851923595221596ae2ae9fb8115c1e9ed0a44";

    [Theory]
    [Rfc(9001, "A.1")]
    [Rfc(9846, "7.1")]
    [InlineData(InitialSecret, "client in", "c00cf151ca5be075ed0ebfb5c80323c42d6b7db67881289af4008f1f6c357aea")]
    [InlineData(InitialSecret, "server in", "3c199828fd139efd216c155ad844cc81fb82fa8d7446fa7d78be803acdda951b")]
    [InlineData("c00cf151ca5be075ed0ebfb5c80323c42d6b7db67881289af4008f1f6c357aea", "quic key", "1f369613dd76d5467730efcbe3b1a22d")]
    [InlineData("c00cf151ca5be075ed0ebfb5c80323c42d6b7db67881289af4008f1f6c357aea", "quic iv", "fa044b2f42a3fd3b46fb255c")]
    public void Labels_expand_as_in_the_sample_of_RFC_9001(string secret, string label, string expected)
    {
        byte[] output = new byte[expected.Length / 2];
        HkdfLabel.Expand(
            CipherSuite.Aes128GcmSha256, Convert.FromHexString(secret), System.Text.Encoding.ASCII.GetBytes(label), [], output);
        Assert.Equal(expected, Convert.ToHexStringLower(output));
    }
}
