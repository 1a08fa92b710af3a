using System.Buffers;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Quiver.AspNetCore.Connections;
using Quiver.AspNetCore.Diagnostics;

namespace Quiver.AspNetCore.Listening;

/// <summary>What Kestrel asks for listeners of its HTTP/3 endpoints.</summary>
internal sealed class QuiverListenerFactory : IMultiplexedConnectionListenerFactory, IConnectionListenerFactorySelector
{
    private readonly TransportServices _context;

    public QuiverListenerFactory(
        IOptions<QuiverTransportOptions> options, ILoggerFactory loggers, IEnumerable<IMemoryPoolFactory<byte>> pools)
    {
        // Kestrel's own services bring a pool; a listener of one's own may do without.
        MemoryPool<byte> pool = pools.LastOrDefault()?.Create() ?? MemoryPool<byte>.Shared;
        _context = new TransportServices(options.Value, pool, loggers.CreateLogger(TransportLog.Category));
    }

    public bool CanBind(EndPoint endpoint) => endpoint is IPEndPoint;

    public async ValueTask<IMultiplexedConnectionListener> BindAsync(
        EndPoint endpoint, IFeatureCollection? features = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        if (endpoint is not IPEndPoint address)
        {
            throw new NotSupportedException($"QUIC listens on an IP address and port, and not on {endpoint} ({endpoint.GetType().Name}).");
        }

        if (features?.Get<TlsConnectionCallbackOptions>() is not { } tls)
        {
            throw new InvalidOperationException(
                $"The HTTP/3 endpoint {address} has no HTTPS configuration, and QUIC is always encrypted: call UseHttps on the endpoint.");
        }

        if (tls.ApplicationProtocols is null or { Count: 0 })
        {
            throw new InvalidOperationException($"The TLS options of the endpoint {address} name no application protocol; QUIC needs one, such as h3.");
        }

        _context.Options.Validate();
        try
        {
            return await MultiplexedListener.StartAsync(address, tls, _context, cancellationToken).ConfigureAwait(false);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            throw new AddressInUseException($"UDP port {address.Port} of {address.Address} is in use.", e);
        }
        catch (QuicException e) when (e.QuicError == QuicError.AlpnInUse)
        {
            throw new AddressInUseException($"This process serves {string.Join(", ", tls.ApplicationProtocols)} on {address} already.", e);
        }
    }
}
