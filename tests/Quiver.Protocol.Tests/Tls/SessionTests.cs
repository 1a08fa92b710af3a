using Quiver.Protocol.Crypto;
using Quiver.Protocol.Primitives;
using Quiver.Protocol.Tls;
using Quiver.Protocol.Tls.Extensions;
using Quiver.Protocol.Tls.Messages;
using Quiver.Protocol.Tls.Resumption;
using Quiver.Testing;
using static Quiver.Protocol.Tests.Tls.MessageEditor;
using static Quiver.Protocol.Tests.Tls.Violations;

namespace Quiver.Protocol.Tests.Tls;

/// <summary>Tickets, PSKs and early data on the TLS level, and what peers may not do with them.</summary>
public sealed class SessionTests
{
    private const long Now = 1_800_000_000_000;

    private static readonly OneKey s_key = new();

    public static TheoryData<int> Suites => [.. TlsSettings.DefaultSuites.Select(suite => (int)suite)];

    [Theory]
    [MemberData(nameof(Suites))]
    [Rfc(9846, "2.2")]
    [Rfc(9846, "2.3")]
    public void A_session_resumes_with_early_data(int suite)
    {
        using TlsPair pair = Resume(GetSession((CipherSuite)suite), suites: [(CipherSuite)suite]).Run();
        Assert.True(pair.Client.IsComplete);
        Assert.True(pair.Client.IsResumed);
        Assert.True(pair.Server.IsResumed);
        Assert.True(pair.ClientSink.EarlyData);
        Assert.True(pair.ServerSink.EarlyData);
        Assert.Equal(pair.ClientSink.WriteSecrets[EncryptionLevel.EarlyData], pair.ServerSink.ReadSecrets[EncryptionLevel.EarlyData]);
        foreach (EncryptionLevel level in new[] { EncryptionLevel.Handshake, EncryptionLevel.Application })
        {
            Assert.Equal(pair.ClientSink.WriteSecrets[level], pair.ServerSink.ReadSecrets[level]);
            Assert.Equal(pair.ClientSink.ReadSecrets[level], pair.ServerSink.WriteSecrets[level]);
        }

        Assert.Equal(TestCertificates.P256.Chain[0].Span, pair.Client.PeerCertificates[0].Span);
    }

    [Fact]
    [Rfc(9846, "4.7.1")]
    public void Every_ticket_has_a_key_of_its_own()
    {
        using TlsPair pair = Full();
        Assert.Equal(3, pair.ClientSink.Sessions.Count);
        Assert.Equal(3, pair.ClientSink.Sessions.Select(x => Convert.ToHexString(x.Psk)).Distinct().Count());
        Assert.Equal(3, pair.ClientSink.Sessions.Select(x => x.AgeAdd).Distinct().Count());
    }

    [Fact]
    public void The_verdict_on_the_kept_certificate_is_asked_for_when_the_rules_are_others()
    {
        SessionOffer offer = GetSession();
        using TlsPair accepted = Resume(offer with { NeedsVerdict = true }).Run();
        Assert.True(accepted.Client.IsComplete);
        using TlsPair rejected = Resume(offer with { NeedsVerdict = true });
        rejected.Rejection = TlsAlert.BadCertificate;
        AssertAlert(TlsAlert.BadCertificate, Assert.Throws<TransportException>(() => rejected.Run()));
        using TlsPair unasked = Resume(offer);
        unasked.Rejection = TlsAlert.BadCertificate;
        Assert.True(unasked.Run().Client.IsComplete);
    }

    [Fact]
    public void A_server_that_wants_a_client_certificate_neither_resumes_nor_gives_tickets()
    {
        using TlsPair pair = Resume(GetSession());
        pair.OnSettings = (server, settings) => Choose(server, settings) with { RequestClientCertificate = true };
        pair.Run();
        Assert.True(pair.Client.IsComplete);
        Assert.False(pair.Client.IsResumed);
        Assert.False(pair.ClientSink.EarlyData);
        pair.Server.SendTickets(QuicVersion.V1, [], Now);
        Assert.Empty(pair.ServerSink.Outbox);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(0xFFFF)]
    [Rfc(9846, "4.3.11")]
    public void A_selected_identity_that_was_not_offered_is_an_illegal_parameter(int selected) => ExpectAlert(
        TlsAlert.IllegalParameter, Resume(GetSession()), HandshakeType.ServerHello, m => SetExtension(m, (int)ExtensionType.PreSharedKey, UInt16(selected)));

    [Fact]
    [Rfc(9846, "4.3.11")]
    public void A_suite_of_another_hash_than_the_session_has_is_an_illegal_parameter() => ExpectAlert(
        TlsAlert.IllegalParameter,
        Resume(GetSession()),
        HandshakeType.ServerHello,
        m => EditBody(m, body => [.. body[..35], .. UInt16((int)CipherSuite.Aes256GcmSha384), .. body[37..]]));

    [Fact]
    [Rfc(9846, "4.3")]
    public void A_server_may_not_resume_what_was_not_offered() => ExpectAlert(
        TlsAlert.UnsupportedExtension,
        new TlsPair(),
        HandshakeType.ServerHello,
        m => AddExtension(m, (int)ExtensionType.PreSharedKey, 0, 0));

    [Fact]
    [Rfc(9846, "4.3.10")]
    public void Early_data_may_not_be_accepted_without_the_session()
    {
        using TlsPair pair = Resume(GetSession());
        pair.OnSettings = (_, settings) => settings;
        AssertAlert(TlsAlert.IllegalParameter, Fail(pair, HandshakeType.EncryptedExtensions, m => AddExtension(m, (int)ExtensionType.EarlyData)));
    }

    [Fact]
    public void Early_data_may_not_be_accepted_when_none_was_offered() => ExpectAlert(
        TlsAlert.UnsupportedExtension,
        Resume(GetSession() with { WithEarlyData = false }),
        HandshakeType.EncryptedExtensions,
        m => AddExtension(m, (int)ExtensionType.EarlyData));

    [Fact]
    [Rfc(9846, "2.2")]
    public void A_certificate_in_a_resumed_handshake_is_unexpected()
    {
        using TlsPair pair = Resume(GetSession());
        AssertAlert(TlsAlert.UnexpectedMessage, Fail(
            pair, HandshakeType.EncryptedExtensions, m => [.. m, .. Message(HandshakeType.Certificate, [0, 0, 0, 0])]));
        using TlsPair asking = Resume(GetSession());
        AssertAlert(TlsAlert.UnexpectedMessage, Fail(
            asking, HandshakeType.EncryptedExtensions, m => [.. m, .. Message(HandshakeType.CertificateRequest, [0, 0, 0])]));
    }

    [Fact]
    [Rfc(9001, "8.3")]
    public void EndOfEarlyData_is_unexpected_in_QUIC()
    {
        using TlsPair pair = Resume(GetSession());
        AssertAlert(TlsAlert.UnexpectedMessage, Fail(
            pair, HandshakeType.Finished, m => m.Length == 36 && pair.Server.IsResumed && pair.ServerSink.Outbox.Count == 0
                ? [.. Message(HandshakeType.EndOfEarlyData, []), .. m]
                : m));
    }

    [Fact]
    [Rfc(9846, "4.3.11")]
    public void Pre_shared_key_must_be_the_last_extension() => ExpectAlert(
        TlsAlert.IllegalParameter, Resume(GetSession()), HandshakeType.ClientHello, m => AddExtension(m, 0x7A7A));

    [Fact]
    [Rfc(9846, "4.3.9")]
    public void Pre_shared_key_without_modes_is_a_missing_extension() => ExpectAlert(
        TlsAlert.MissingExtension,
        Resume(GetSession()),
        HandshakeType.ClientHello,
        m => RemoveExtension(m, (int)ExtensionType.PskKeyExchangeModes));

    [Fact]
    [Rfc(9846, "4.3.10")]
    public void Early_data_without_a_session_is_an_illegal_parameter() => ExpectAlert(
        TlsAlert.IllegalParameter, new TlsPair(), HandshakeType.ClientHello, m => AddExtension(m, (int)ExtensionType.EarlyData));

    [Fact]
    [Rfc(9846, "4.3.11")]
    public void There_is_a_binder_for_each_identity()
    {
        byte[] one = [0, 1, 9, 0, 0, 0, 0];
        byte[] binder = [32, .. new byte[32]];
        byte[] TwoAndOne(byte[] m) => EditLast(m, [.. UInt16(14), .. one, .. one, .. UInt16(33), .. binder]);
        byte[] OneAndTwo(byte[] m) => EditLast(m, [.. UInt16(7), .. one, .. UInt16(66), .. binder, .. binder]);
        ExpectAlert(TlsAlert.IllegalParameter, Resume(GetSession()), HandshakeType.ClientHello, TwoAndOne);
        ExpectAlert(TlsAlert.IllegalParameter, Resume(GetSession()), HandshakeType.ClientHello, OneAndTwo);
        ExpectAlert(TlsAlert.DecodeError, Resume(GetSession()), HandshakeType.ClientHello, m => EditLast(m, [0, 0, 0, 0]));
    }

    [Fact]
    [Rfc(9846, "4.3.9")]
    public void A_client_that_takes_a_PSK_only_without_a_key_exchange_gets_a_full_handshake()
    {
        using TlsPair pair = Change(
            Resume(GetSession()), HandshakeType.ClientHello, m => SetExtension(m, (int)ExtensionType.PskKeyExchangeModes, 1, 0));
        pair.OnSettings = (server, settings) =>
        {
            Assert.Null(server.OfferedPsks);
            return Choose(server, settings);
        };

        // The transcripts differ, since the hello was changed: the handshake fails, but not before the server has chosen.
        Assert.Throws<TransportException>(() => pair.Run());
        Assert.False(pair.Server.IsResumed);
    }

    [Fact]
    [Rfc(9846, "4.3.11.2")]
    public void Any_changed_byte_before_the_binder_breaks_it()
    {
        SessionOffer offer = GetSession();
        int checkedBytes = 0;
        for (int at = 6; at < 38; at += 5)
        {
            int index = at;
            using TlsPair pair = Resume(offer);
            AssertAlert(TlsAlert.DecryptError, Fail(pair, HandshakeType.ClientHello, m =>
            {
                m[index] ^= 1;
                return m;
            }));
            checkedBytes++;
        }

        Assert.True(checkedBytes > 5);
    }

    [Fact]
    [Rfc(9846, "4.3.11")]
    public void Many_identities_are_looked_at_up_to_a_cap()
    {
        byte[] one = [0, 1, 9, 0, 0, 0, 0];
        byte[] binder = [32, .. new byte[32]];
        const int Count = 1000;
        byte[] data =
        [
            .. UInt16(Count * one.Length), .. Enumerable.Repeat(one, Count).SelectMany(x => x),
            .. UInt16(Count * binder.Length), .. Enumerable.Repeat(binder, Count).SelectMany(x => x),
        ];
        List<PskIdentity> identities = PreSharedKeyExtension.ReadRequest(data, out int bindersLength);
        Assert.Equal(PreSharedKeyExtension.MaxIdentities, identities.Count);
        Assert.Equal(2 + (Count * binder.Length), bindersLength);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(9_000, 9_000)]
    [InlineData(-9_000, 9_000)]
    [InlineData(3_600_000, 3_600_000)]
    [Rfc(9846, "8.3")]
    public void The_error_of_a_ticket_s_age_is_what_the_client_is_off(int offBy, int expected)
    {
        SessionOffer offer = GetSession();
        using TlsPair pair = Resume(offer with { Age = TimeSpan.FromHours(2) });
        TimeSpan error = default;
        pair.OnSettings = (server, settings) =>
        {
            Assert.True(TicketSelection.TryChoose(
                server.OfferedPsks!, s_key, QuicVersion.V1, "localhost", TlsSettings.DefaultSuites, Now, out int index, out TicketContent? content));
            error = TicketSelection.AgeError(server.OfferedPsks!, index, content, Now + 7_200_000 + offBy);
            return settings;
        };
        pair.Run();
        Assert.Equal(TimeSpan.FromMilliseconds(expected), error);
    }

    [Theory]
    [InlineData(-61_000, false)]
    [InlineData(0, true)]
    [InlineData(3_600_000, true)]
    [InlineData(3_601_000, false)]
    [Rfc(9846, "4.7.1")]
    public void A_ticket_is_good_for_its_life_and_no_longer(long later, bool isGood)
    {
        using TlsPair pair = Resume(GetSession());
        bool found = !isGood;
        pair.OnSettings = (server, settings) =>
        {
            found = TicketSelection.TryChoose(
                server.OfferedPsks!, s_key, QuicVersion.V1, "localhost", TlsSettings.DefaultSuites, Now + later, out _, out _);
            return settings;
        };
        pair.Run();
        Assert.Equal(isGood, found);
    }

    [Fact]
    public void A_ticket_of_another_name_or_suite_is_not_taken()
    {
        using TlsPair pair = Resume(GetSession());
        pair.OnSettings = (server, settings) =>
        {
            PskOffer offer = server.OfferedPsks!;
            Assert.False(TicketSelection.TryChoose(offer, s_key, QuicVersion.V1, "other", TlsSettings.DefaultSuites, Now, out _, out _));
            Assert.False(TicketSelection.TryChoose(offer, s_key, QuicVersion.V1, null, TlsSettings.DefaultSuites, Now, out _, out _));
            Assert.False(TicketSelection.TryChoose(
                offer, s_key, QuicVersion.V1, "localhost", [CipherSuite.Aes256GcmSha384], Now, out _, out _));
            Assert.True(TicketSelection.TryChoose(offer, s_key, QuicVersion.V1, "LOCALHOST", TlsSettings.DefaultSuites, Now, out _, out _));
            return settings;
        };
        pair.Run();
    }

    [Fact]
    public void A_tickets_content_survives_and_an_unknown_format_is_ignored()
    {
        TicketContent content = new()
        {
            Version = QuicVersion.V1,
            Suite = CipherSuite.Aes256GcmSha384,
            Psk = [1, 2],
            IssuedMilliseconds = Now,
            LifetimeSeconds = 7,
            AgeAdd = 0xDEADBEEF,
            AllowsEarlyData = true,
            Protocol = "h3"u8.ToArray(),
            ServerName = "a.example",
            Parameters = [3],
            ApplicationData = [4, 5],
        };
        byte[] bytes = content.Write();
        TicketContent again = TicketContent.Read(bytes)!;
        Assert.Equivalent(content, again);
        bytes[0]++;
        Assert.Null(TicketContent.Read(bytes));
        Assert.Null(TicketContent.Read([]));
    }

    private static byte[] EditLast(byte[] message, byte[] data) => SetExtension(message, (int)ExtensionType.PreSharedKey, data);

    private static ServerTlsSettings Choose(ServerHandshake server, ServerTlsSettings settings) =>
        server.OfferedPsks is { } offer && TicketSelection.TryChoose(
            offer, s_key, QuicVersion.V1, server.ServerName, settings.Suites, Now, out int index, out TicketContent? content)
            ? settings with
            {
                Psk = new SelectedPsk { Index = index, Suite = content.Suite, Psk = content.Psk, Protocol = content.Protocol, AllowsEarlyData = true },
            }
            : settings;

    private static ServerTlsSettings ServerSettings() => TlsPair.ServerSettings() with
    {
        Tickets = new TicketSettings { Sealer = s_key, Count = 3, Lifetime = TimeSpan.FromHours(1), AllowsEarlyData = true },
    };

    /// <summary>A first handshake whose client has tickets.</summary>
    private static TlsPair Full(CipherSuite suite = CipherSuite.Aes128GcmSha256)
    {
        TlsPair pair = new(TlsPair.ClientSettings() with { AcceptsTickets = true, Suites = [suite] }, ServerSettings());
        pair.Run();
        pair.Server.SendTickets(QuicVersion.V1, [1, 2, 3], Now);
        pair.Deliver();
        return pair;
    }

    private static SessionOffer GetSession(CipherSuite suite = CipherSuite.Aes128GcmSha256)
    {
        using TlsPair pair = Full(suite);
        return new SessionOffer(pair.ClientSink.Sessions[1]) { Age = TimeSpan.FromSeconds(5), WithEarlyData = true };
    }

    private static TlsPair Resume(SessionOffer offer, IReadOnlyList<CipherSuite>? suites = null) =>
        new(
            TlsPair.ClientSettings() with { AcceptsTickets = true, Session = offer, Suites = suites ?? TlsSettings.DefaultSuites },
            ServerSettings(),
            seed: 5)
        {
            OnSettings = Choose,
        };

    private sealed class OneKey : ITicketSealer
    {
        private readonly TicketKey _key = new(new byte[TicketKey.KeyLength]);

        public byte[] Seal(ReadOnlySpan<byte> content, IRandomSource random) => _key.Seal(content, random);

        public bool TryOpen(ReadOnlySpan<byte> ticket, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out byte[]? content) =>
            _key.TryOpen(ticket, out content);
    }
}
