using Quiver.Protocol.Buffers;
using Quiver.Protocol.Primitives;
using Quiver.Protocol.TransportParameters;
using Quiver.Testing;

namespace Quiver.Protocol.Tests.TransportParameters;

[Rfc(9000, "18")]
public sealed class TransportParameterTests
{
    [Fact]
    public void What_is_written_is_read()
    {
        var set = new TransportParameterSet
        {
            OriginalDestinationConnectionId = new ConnectionId([1, 2, 3]),
            InitialSourceConnectionId = ConnectionId.Empty,
            RetrySourceConnectionId = new ConnectionId([4]),
            StatelessResetToken = new StatelessResetToken(99),
            MaxIdleTimeout = TimeSpan.FromSeconds(30),
            MaxUdpPayloadSize = 1472,
            InitialMaxData = 1,
            InitialMaxStreamDataBidiLocal = 100,
            InitialMaxStreamDataBidiRemote = 20_000,
            InitialMaxStreamDataUni = 3_000_000_000,
            InitialMaxStreamsBidi = StreamId.MaxCount,
            InitialMaxStreamsUni = 7,
            AckDelayExponent = 20,
            MaxAckDelay = TimeSpan.FromMilliseconds(16_383),
            DisableActiveMigration = true,
            ActiveConnectionIdLimit = 8,
            PreferredAddress = new PreferredAddress(
                PathAddress.FromIPv4(0xC0000201, 443), new PathAddress(UInt128.One << 120, 8443, 0), new ConnectionId([5, 6]), new StatelessResetToken(77)),
        };
        Assert.Equal(set, TransportParameterReader.Read(TransportParameterWriter.Write(set, new CountingRandom()), EndpointRole.Server));
    }

    [Fact, Rfc(9000, "18.2")]
    public void Absent_parameters_have_their_defaults()
    {
        TransportParameterSet set = TransportParameterReader.Read([], EndpointRole.Client);
        Assert.Equal(new TransportParameterSet(), set);
        Assert.Equal((3UL, 25.0, 2UL, 65527UL), (set.AckDelayExponent, set.MaxAckDelay.TotalMilliseconds, set.ActiveConnectionIdLimit, set.MaxUdpPayloadSize));
    }

    [Theory]
    [InlineData("0504", "cut short")]
    [InlineData("0401010401 01", "twice")]
    [InlineData("030244af", "max_udp_payload_size 1199")]
    [InlineData("0a0115", "ack_delay_exponent 21")]
    [InlineData("0b0480004000", "max_ack_delay 2^14")]
    [InlineData("0e0101", "active_connection_id_limit 1")]
    [InlineData("0808d000000000000001", "initial_max_streams_bidi above 2^60")]
    [InlineData("0908d000000000000001", "initial_max_streams_uni above 2^60")]
    [InlineData("0c0100", "disable_active_migration with a value")]
    [InlineData("04024040 00", "number longer than its field")]
    [InlineData("0402c000", "number that does not fit its field")]
    [InlineData("0f15000000000000000000000000000000000000000000", "connection id of 21 bytes")]
    [Rfc(9000, "7.4")]
    [Rfc(9000, "18.2")]
    public void Invalid_parameters_are_refused(string hex, string what) => Refused(hex, EndpointRole.Server, what);

    [Theory]
    [InlineData("000101")]
    [InlineData("021000000000000000000000000000000000")]
    [InlineData("100101")]
    [InlineData("0d00")]
    [Rfc(9000, "18.2")]
    public void Client_must_not_send_a_servers_parameters(string hex) => Refused(hex, EndpointRole.Client, "of a server");

    [Fact, Rfc(9000, "7.4.2")]
    public void Unknown_parameters_are_ignored() =>
        Assert.Equal(
            new TransportParameterSet { InitialMaxData = 5 },
            TransportParameterReader.Read(Convert.FromHexString("405b0401020304" + "040105" + "c0ff4e8c3f8a211100"), EndpointRole.Client));

    [Fact, Rfc(9000, "18.2")]
    public void Preferred_address_is_read()
    {
        var writer = new PacketWriter(new byte[100]);
        writer.WriteVarInt(0x0D);
        writer.WriteVarInt(4 + 2 + 16 + 2 + 1 + 4 + 16);
        writer.WriteBytes([10, 0, 0, 1, 0x11, 0x51]);
        writer.WriteBytes(new byte[18]);
        writer.WriteConnectionId(new ConnectionId([1, 2, 3, 4]));
        writer.WriteBytes(Enumerable.Range(0, 16).Select(i => (byte)i).ToArray());
        PreferredAddress? address = TransportParameterReader.Read(writer.Written, EndpointRole.Server).PreferredAddress;
        Assert.Equal("10.0.0.1:4433", address?.IPv4.ToString());
        Assert.Null(address?.IPv6);
        Assert.Equal("01020304", address?.ConnectionId.ToString());
    }

    [Theory]
    [Rfc(9368, "4")]
    [InlineData("", EndpointRole.Server)]
    [InlineData("000001", EndpointRole.Server)]
    [InlineData("00000000", EndpointRole.Server)]
    [InlineData("0000000100000000", EndpointRole.Server)]
    [InlineData("000000016b3343cf", EndpointRole.Client)]
    [InlineData("00000001", EndpointRole.Client)]
    internal void Malformed_version_information_is_refused(string value, EndpointRole sender)
    {
        byte[] bytes = Convert.FromHexString(value);
        TransportException e = Assert.Throws<TransportException>(() => TransportParameterReader.Read([0x11, (byte)bytes.Length, .. bytes], sender));
        Assert.Equal(TransportErrorCode.TransportParameterError, e.Code);
    }

    [Fact]
    [Rfc(9368, "3")]
    public void Version_information_of_a_server_may_have_no_versions_to_choose_from()
    {
        TransportParameterSet set = TransportParameterReader.Read([0x11, 4, 0, 0, 0, 1], EndpointRole.Server);
        Assert.Equal(1u, set.VersionInformation!.Chosen);
        Assert.Empty(set.VersionInformation.Available);
    }

    private static void Refused(string hex, EndpointRole sender, string what)
    {
        byte[] encoded = Convert.FromHexString(hex.Replace(" ", string.Empty, StringComparison.Ordinal));
        TransportException error = Assert.Throws<TransportException>(() => TransportParameterReader.Read(encoded, sender));
        Assert.True(error.Code == TransportErrorCode.TransportParameterError, what);
    }

    private sealed class CountingRandom : IRandomSource
    {
        public void Fill(Span<byte> destination) => destination.Fill(3);
    }
}
