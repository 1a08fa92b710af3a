using Quiver.Http3.Tests.Infrastructure;

namespace Quiver.Http3.Tests;

/// <summary>Capsules, row A173 of the attacks.</summary>
public sealed class CapsuleTests
{
    [Fact]
    [Rfc(9297, "3.2")]
    public async Task Capsules_come_as_they_were_written()
    {
        using MemoryStream stream = new();
        await Http3CapsuleWriter.WriteAsync(stream, new Http3Capsule(Http3Capsule.DatagramType, "one"u8.ToArray()));
        await Http3CapsuleWriter.WriteAsync(stream, new Http3Capsule(0x2843, "session"u8.ToArray()));
        await Http3CapsuleWriter.WriteAsync(stream, new Http3Capsule(Http3Capsule.DatagramType, default));
        stream.Position = 0;
        Http3CapsuleReader reader = new(stream, _ => true);
        Assert.Equal("one"u8.ToArray(), (await reader.ReadAsync())!.Value.Value.ToArray());
        Http3Capsule second = (await reader.ReadAsync())!.Value;
        Assert.Equal(0x2843, second.Type);
        Assert.Equal("session"u8.ToArray(), second.Value.ToArray());
        Assert.True((await reader.ReadAsync())!.Value.Value.IsEmpty);
        Assert.Null(await reader.ReadAsync());
    }

    [Fact]
    [Rfc(9297, "3.2")]
    public async Task Unknown_capsules_are_skipped_whatever_their_length()
    {
        using MemoryStream stream = new();
        await Http3CapsuleWriter.WriteAsync(stream, new Http3Capsule(0x17, new byte[1_000_000]));
        await Http3CapsuleWriter.WriteAsync(stream, new Http3Capsule(0x17, default));
        await Http3CapsuleWriter.WriteAsync(stream, new Http3Capsule(0, "known"u8.ToArray()));
        stream.Position = 0;
        Http3CapsuleReader reader = new(stream, type => type == 0, maxLength: 10);
        Assert.Equal("known"u8.ToArray(), (await reader.ReadAsync())!.Value.Value.ToArray());
        Assert.Null(await reader.ReadAsync());
    }

    [Theory]
    [InlineData("40")] // a part of the type
    [InlineData("00")] // no length
    [InlineData("00 40")] // a part of the length
    [InlineData("00 05 01")] // a part of the value
    [InlineData("17 05 01")] // of an unknown one
    [InlineData("00 0b 00 00 00 00 00 00 00 00 00 00 00")] // longer than allowed
    [InlineData("00 ff ff ff ff ff ff ff ff")] // 2^62 - 1
    [Rfc(9297, "3.3")]
    public async Task Capsules_that_are_cut_short_or_too_long_fail(string bytes)
    {
        using MemoryStream stream = new(Wire.FromHex(bytes));
        Http3CapsuleReader reader = new(stream, type => type == 0, maxLength: 10);
        await Assert.ThrowsAsync<InvalidDataException>(async () => await reader.ReadAsync());
    }

    [Fact]
    [Rfc(9297, "3.3")]
    public async Task A_bad_capsule_ends_the_tunnel()
    {
        await using EvilClient client = await EvilClient.StartAsync(async context =>
        {
            if (context.Request.Method != "CONNECT")
            {
                return;
            }

            Http3TunnelStream tunnel = await context.AcceptTunnelAsync();
            await Assert.ThrowsAsync<InvalidDataException>(async () => await new Http3CapsuleReader(tunnel, _ => true).ReadAsync());
        });
        QuicStream stream = await client.RequestAsync(
        [
            .. Wire.Headers((":method", "CONNECT"), (":protocol", "echo"), (":scheme", "https"), (":authority", "localhost"), (":path", "/")),
            .. Wire.Frame(0, 0x00, 0x05, 0x01),
        ]);
        await client.ResetAsync(stream, Http3ErrorCode.DatagramError);
        await client.NothingLeftAsync();
    }
}
