using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Quiver.Diagnostics;
using Quiver.Protocol.Primitives;
using Quiver.Resumption;
using Quiver.Security;

namespace Quiver.Driving;

/// <summary>From the options of a client to a connection whose handshake is complete: name, addresses, socket, first flight, wait.</summary>
internal static class ClientConnector
{
    public static async ValueTask<QuicConnection> ConnectAsync(
        QuicClientConnectionOptions options, EndpointLoop? endpoint, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        StackTrace? calledAt = Leaks.CaptureStack();
        Timestamp start = MonotonicClock.Now;
        (List<IPEndPoint> addresses, string? host) = await ResolveAsync(options, cancellationToken).ConfigureAwait(false);
        QuicConnection connection = await ConnectAsync(options, endpoint, addresses, host, start, cancellationToken).ConfigureAwait(false);
        connection.Driver.Closing.OpenedAt = calledAt;
        return connection;
    }

    /// <summary>Connects to one of the addresses; what came before, since <paramref name="start"/>, counts towards the handshake's time.</summary>
    public static async Task<QuicConnection> ConnectAsync(
        QuicClientConnectionOptions options,
        EndpointLoop? endpoint,
        IReadOnlyList<IPEndPoint> addresses,
        string? host,
        Timestamp start,
        CancellationToken cancellationToken)
    {
        // Early data goes to one address only: what is sent there is not to be sent twice.
        return addresses.Count == 1 || options.EnableEarlyData
            ? await ConnectAsync(addresses[0], cancellationToken).ConfigureAwait(false)
            : await AddressRace.RunAsync(addresses, ConnectAsync, TimeProvider.System, cancellationToken).ConfigureAwait(false);

        async Task<QuicConnection> ConnectAsync(IPEndPoint remote, CancellationToken abandoned)
        {
            QuicConnection connection = Create(options, endpoint, remote, host, Remaining(options.HandshakeTimeout, start));
            try
            {
                if (connection.EarlyDataState == QuicEarlyDataState.None)
                {
                    await connection.HandshakeCompleted.WaitAsync(abandoned).ConfigureAwait(false);
                }

                return connection;
            }
            catch
            {
                await connection.DisposeAsync().ConfigureAwait(false);
                throw;
            }
        }
    }

    /// <summary>What is left of the handshake's time: the name took some, and addresses that were tried before.</summary>
    private static TimeSpan Remaining(TimeSpan timeout, Timestamp start) => timeout > TimeSpan.Zero
        ? TimeSpan.FromTicks(Math.Max((timeout - (MonotonicClock.Now - start)).Ticks, 1))
        : timeout;

    private static QuicConnection Create(
        QuicClientConnectionOptions options, EndpointLoop? endpoint, IPEndPoint remote, string? host, TimeSpan timeout)
    {
        string targetHost = options.ClientAuthenticationOptions.TargetHost ?? host ?? remote.Address.ToString();
        Protocol.Tls.ClientTlsSettings tls = ClientTlsSettingsFactory.Create(options, targetHost, host);
        Protocol.Connections.ConnectionSettings settings = options.ToSettings(timeout) with { UsesPreferredAddress = options.UsePreferredAddress };
        var sessions = ClientSessions.For(options, targetHost, remote.Port, tls.ClientCertificate);
        SessionTicket? ticket = sessions?.Take(options.InitialVersion is { } initial ? [initial] : options.Versions);
        tls = tls with { AcceptsTickets = sessions is not null };
        QuicVersion version = options.FirstVersion;
        if (ticket is not null && tls.Suites.Contains(ticket.Session.Suite))
        {
            tls = tls with { Session = sessions!.Offer(ticket, options.EnableEarlyData) }; // They gave the ticket.
            settings = settings with { Remembered = ticket.Parameters };

            // A ticket is of one version, and says that the server speaks it. RFC 9369 §5, §6.
            version = (QuicVersion)ticket.Session.Version;
        }

        ClientTokens? tokens = ClientTokens.For(options, targetHost, remote);
        settings = settings with
        {
            Version = (Protocol.Primitives.QuicVersion)version,
            Versions = [.. options.Versions.Select(x => (Protocol.Primitives.QuicVersion)x)],
            AddressToken = tokens?.Take(version) ?? [],
        };
        var handshake = new ClientHandshake(PeerCertificateRules.ForClient(options.ClientAuthenticationOptions), sessions, tokens);
        IPAddress localAddress = LocalAddresses.Select((endpoint?.LocalEndPoint ?? options.LocalEndPoint)?.Address, remote);
        EndpointLoop loop = endpoint is not null ? EndpointRegistry.Acquire(endpoint)
            : options.LocalEndPoint is { } local ? EndpointRegistry.AcquireBound(local)
            : EndpointRegistry.AcquireShared(remote.AddressFamily);
        QuicConnection connection;
        try
        {
            var localPath = PathAddress.From(new IPEndPoint(localAddress, loop.LocalEndPoint.Port));
            ConnectionDriver driver = ConnectionDriver.CreateClient(
                loop, handshake, settings, tls, localPath, PathAddress.From(remote));
            connection = new QuicConnection(driver, targetHost);
        }
        catch
        {
            _ = EndpointRegistry.ReleaseAsync(loop);
            throw;
        }

        connection.Configure(options);
        if (tls.Session is { } offer)
        {
            connection.OnSessionOffered(offer.Session, ticket!.ExpiresAt); // It was offered.
        }

        handshake.Connection = connection;
        connection.Driver.Start();
        return connection;
    }

    private static async ValueTask<(List<IPEndPoint> Addresses, string? Host)> ResolveAsync(
        QuicClientConnectionOptions options, CancellationToken cancellationToken)
    {
        if (options.RemoteEndPoint is IPEndPoint direct)
        {
            return ([direct.Address.IsIPv4MappedToIPv6 ? new IPEndPoint(direct.Address.MapToIPv4(), direct.Port) : direct], null);
        }

        var name = (DnsEndPoint)options.RemoteEndPoint; // Validated.
        if (IPAddress.TryParse(name.Host, out IPAddress? literal))
        {
            return ([new IPEndPoint(literal, name.Port)], name.Host);
        }

        IPAddress[] addresses;
        try
        {
            Task<IPAddress[]> lookup = Dns.GetHostAddressesAsync(name.Host, name.AddressFamily, cancellationToken);
            addresses = options.HandshakeTimeout > TimeSpan.Zero
                ? await lookup.WaitAsync(options.HandshakeTimeout, cancellationToken).ConfigureAwait(false)
                : await lookup.ConfigureAwait(false);
        }
        catch (TimeoutException e)
        {
            throw new QuicException(QuicError.ConnectionTimeout, $"The name '{name.Host}' was not resolved within the handshake time-out.", e);
        }

        return addresses.Length > 0
            ? (AddressOrder.Interleave(addresses, name.Port), name.Host)
            : throw new SocketException((int)SocketError.HostNotFound);
    }
}
