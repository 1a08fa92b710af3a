using CsCheck;
using Microsoft.Extensions.Time.Testing;
using Quiver.Http3.Handler;

namespace Quiver.Http3.Tests.Handler;

/// <summary>What Alt-Svc fields say, and for how long it counts. RFC 7838.</summary>
public sealed class AltSvcTests
{
    private static readonly Origin s_origin = new("example.com", 443);

    [Theory]
    [InlineData("h3=\":443\"", "h3 :443 86400 False")]
    [InlineData("h3=\"alt.example.com:8443\"; ma=60; persist=1", "h3 alt.example.com:8443 60 True")]
    [InlineData("h3=\":50781\" ; ma=2592000 , h3-29=\":50781\";persist=0", "h3 :50781 2592000 False|h3-29 :50781 86400 False")]
    [InlineData("h3=\"[::1]:443\"; x=\"a\\\"b;,\"; ma=\"5\"", "h3 ::1:443 5 False")]
    [InlineData("w%3Dx=\":1\"", "w=x :1 86400 False")]
    [InlineData("h2=\":443\",, h3=\":444\"", "h2 :443 86400 False|h3 :444 86400 False")]
    [InlineData("h3=\":443\"; ma=99999999999999999", "h3 :443 2147483647 False")]
    [InlineData("", "")]
    [InlineData("h3", "")]
    [InlineData("h3=", "")]
    [InlineData("h3=\":443", "")]
    [InlineData("h3=\":443\\", "")]
    [InlineData("h3=\":0\"", "")]
    [InlineData("h3=\":65536\"", "")]
    [InlineData("h3=\"443\"", "")]
    [InlineData("h3=\"a b:443\"", "")]
    [InlineData("h3=\":443\"; ma=-1", "")]
    [InlineData("h3=\":443\"; ma", "")]
    [InlineData("h3=\":443\" h2=\":443\"", "h3 :443 86400 False")]
    [Rfc(7838, "3")]
    public void Fields_are_read(string field, string expected)
    {
        List<AltSvcValue> values = [];
        Assert.False(AltSvcParser.TryParse(field, values));
        Assert.Equal(expected, string.Join('|', values.Select(v => $"{v.Protocol} {v.Host}:{v.Port} {v.MaxAge.TotalSeconds} {v.IsPersistent}")));
    }

    [Fact]
    public void Random_fields_end_in_values_or_in_none()
    {
        const string Characters = "h3=\":41\\;, ma[]%persit\t";
        Gen.String[Gen.Char[Characters], 0, 60].Sample(field =>
        {
            List<AltSvcValue> values = [];
            AltSvcParser.TryParse(field, values);
            Assert.All(values, value => Assert.InRange(value.Port, 1, ushort.MaxValue));
        });
    }

    [Fact]
    [Rfc(7838, "3.1")]
    public void An_alternative_counts_for_its_age()
    {
        FakeTimeProvider time = new();
        using AlternativeServices services = new(time);
        services.OnResponse(s_origin, Response("h3=\"alt:1\"; ma=60", age: 20));
        Assert.True(services.TryFind(s_origin, out Route route));
        Assert.Equal(new Route(s_origin, "alt", 1), route);
        time.Advance(TimeSpan.FromSeconds(39));
        Assert.True(services.TryFind(s_origin, out _));
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.False(services.TryFind(s_origin, out _));
    }

    [Fact]
    public void No_alternative_counts_for_more_than_thirty_days()
    {
        FakeTimeProvider time = new();
        using AlternativeServices services = new(time);
        services.OnResponse(s_origin, Response("h3=\":1\"; ma=99999999999"));
        time.Advance(TimeSpan.FromDays(30) - TimeSpan.FromSeconds(1));
        Assert.True(services.TryFind(s_origin, out _));
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.False(services.TryFind(s_origin, out _));
    }

    [Theory]
    [InlineData("clear")]
    [InlineData("h2=\":1\"")]
    [InlineData("h3=\":1\"; ma=0")]
    [Rfc(7838, "3")]
    public void The_newest_field_replaces_what_was_known(string field)
    {
        using AlternativeServices services = new(new FakeTimeProvider());
        services.OnResponse(s_origin, Response("h3=\":1\""));
        services.OnResponse(s_origin, Response(null));
        Assert.True(services.TryFind(s_origin, out _));
        services.OnResponse(s_origin, Response(field));
        Assert.False(services.TryFind(s_origin, out _));
    }

    [Fact]
    [Rfc(7838, "2.2")]
    public void Another_network_leaves_only_what_persists()
    {
        Origin other = new("other", 443);
        using AlternativeServices services = new(new FakeTimeProvider());
        services.OnResponse(s_origin, Response("h3=\":1\""));
        services.OnResponse(other, Response("h3=\":1\"; persist=1"));
        services.OnNetworkChange();
        Assert.False(services.TryFind(s_origin, out _));
        Assert.True(services.TryFind(other, out _));
    }

    [Fact]
    public void A_blocked_alternative_is_not_used_for_ten_minutes_and_another_may_be()
    {
        FakeTimeProvider time = new();
        using AlternativeServices services = new(time);
        services.OnResponse(s_origin, Response("h3=\":1\""));
        Assert.True(services.TryFind(s_origin, out Route route));
        services.Block(route);
        Assert.False(services.TryFind(s_origin, out _));
        services.OnResponse(s_origin, Response("h3=\":1\", h3=\":2\""));
        Assert.True(services.TryFind(s_origin, out Route second));
        Assert.Equal(2, second.Port);
        time.Advance(TimeSpan.FromMinutes(10));
        services.OnResponse(s_origin, Response("h3=\":1\", h3=\":2\""));
        Assert.True(services.TryFind(s_origin, out Route again));
        Assert.Equal(1, again.Port);
    }

    [Fact]
    public void When_many_fail_none_is_used_for_ten_minutes()
    {
        FakeTimeProvider time = new();
        using AlternativeServices services = new(time);
        services.OnResponse(s_origin, Response("h3=\":1\""));
        for (int i = 0; i < AlternativeServices.MaxBlocked; i++)
        {
            Assert.True(services.TryFind(s_origin, out _));
            services.Block(Route.Direct(new Origin($"host{i}", 443)));
        }

        Assert.False(services.TryFind(s_origin, out _));
        time.Advance(TimeSpan.FromMinutes(10));
        Assert.True(services.TryFind(s_origin, out _));
    }

    [Fact]
    public void Servers_cannot_fill_the_memory()
    {
        using AlternativeServices services = new(new FakeTimeProvider());
        for (int i = 0; i < AlternativeServices.MaxOrigins * 2; i++)
        {
            services.OnResponse(new Origin($"host{i}", 443), Response($"h3=\":1\"; ma={i + 100}"));
        }

        Assert.Equal(
            AlternativeServices.MaxOrigins,
            Enumerable.Range(0, AlternativeServices.MaxOrigins * 2).Count(i => services.TryFind(new Origin($"host{i}", 443), out _)));
    }

    private static HttpResponseMessage Response(string? altSvc, int? age = null)
    {
        HttpResponseMessage response = new();
        if (altSvc is not null)
        {
            response.Headers.TryAddWithoutValidation("Alt-Svc", altSvc);
        }

        response.Headers.Age = age is { } seconds ? TimeSpan.FromSeconds(seconds) : null;
        return response;
    }
}
