using System.Net;
using Quiver.Protocol.Paths;
using Quiver.Protocol.Primitives;
using Quiver.Testing;

namespace Quiver.Protocol.Tests.Paths;

[Rfc(9000, "21.5.3")]
public sealed class PreferredAddressRulesTests
{
    [Theory]
    [InlineData("192.0.2.1:443", "198.51.100.1:443", true, "public to public")]
    [InlineData("192.0.2.1:443", "10.0.0.1:443", true, "from a private network out")]
    [InlineData("10.0.0.2:443", "10.0.0.1:443", true, "within a private network")]
    [InlineData("192.168.0.2:443", "172.16.0.1:443", true, "from one private range to another")]
    [InlineData("10.0.0.2:443", "192.0.2.1:443", false, "into a private network")]
    [InlineData("100.64.1.1:443", "192.0.2.1:443", false, "into a carrier's network")]
    [InlineData("127.0.0.1:443", "192.0.2.1:443", false, "into this host")]
    [InlineData("127.0.0.1:443", "10.0.0.1:443", false, "from a private network into this host")]
    [InlineData("127.0.0.2:443", "127.0.0.1:443", true, "within this host")]
    [InlineData("169.254.169.254:80", "192.0.2.1:443", false, "to a link-local service")]
    [InlineData("224.0.0.1:443", "224.0.0.1:443", false, "multicast")]
    [InlineData("255.255.255.255:443", "192.0.2.1:443", false, "broadcast")]
    [InlineData("0.0.0.0:443", "127.0.0.1:443", false, "unspecified")]
    [InlineData("192.0.2.1:0", "198.51.100.1:443", false, "no port")]
    [InlineData("[2001:db8::1]:443", "192.0.2.1:443", true, "IPv6 from IPv4")]
    [InlineData("[fe80::1]:443", "[2001:db8::1]:443", false, "into a link")]
    [InlineData("[fd00::1]:443", "[2001:db8::1]:443", false, "into a private network, IPv6")]
    [InlineData("[fd00::1]:443", "[fd00::2]:443", true, "within a private network, IPv6")]
    [InlineData("[::1]:443", "[2001:db8::1]:443", false, "into this host, IPv6")]
    [InlineData("[::]:443", "[::1]:443", false, "unspecified, IPv6")]
    [InlineData("[ff02::1]:443", "[2001:db8::1]:443", false, "multicast, IPv6")]
    public void Server_cannot_send_its_clients_where_it_is_not(string preferred, string current, bool isAllowed, string what) =>
        Assert.True(isAllowed == PreferredAddressRules.Allows(PathAddress.From(IPEndPoint.Parse(preferred)), PathAddress.From(IPEndPoint.Parse(current))), what);
}
