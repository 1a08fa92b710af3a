using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using Quiver.Driving;
using Quiver.Protocol.Primitives;
using Quiver.Sockets;
using Quiver.Tests.Infrastructure;

namespace Quiver.Tests;

/// <summary>Sockets that fail now and then: what fails says so, what can go on does, and nothing hangs.</summary>
public sealed class FaultySocketTests
{
    private const int Attempts = 8;

    [Theory]
    [InlineData(0.02)]
    [InlineData(0.1)]
    public async Task Connections_complete_or_fail_with_a_documented_exception(double probability)
    {
        await using QuicEndpoint from = Open(probability, 1);
        await using QuicEndpoint to = Open(probability, 2);
        await using QuicListener listener = await to.ListenAsync(EndpointTests.ListenerOptions()).Soon();
        using var stop = new CancellationTokenSource();
        Task serving = ServeAsync(listener, stop.Token);
        int completed = 0;
        for (int i = 0; i < Attempts; i++)
        {
            try
            {
                QuicClientConnectionOptions options = Loopback.ClientOptions(to.LocalEndPoint);
                options.IdleTimeout = TimeSpan.FromSeconds(5);
                await using QuicConnection client = await from.ConnectAsync(options).Soon();
                await using QuicStream stream = await client.OpenOutboundStreamAsync(QuicStreamType.Bidirectional).Soon();
                byte[] sent = new byte[20_000];
                Random.Shared.NextBytes(sent);
                Task write = stream.WriteAsync(sent, completeWrites: true).Soon();
                byte[] back = new byte[sent.Length];
                await stream.ReadExactlyAsync(back).AsTask().WaitAsync(Bounds.Limit);
                await write;
                Assert.Equal(sent, back);
                completed++;
            }
            catch (Exception e) when (e is QuicException or AuthenticationException or SocketException)
            {
                // Such as a send that was refused for good during the handshake.
            }
        }

        // What fails to be sent counts as lost, and loss is recovered from.
        Assert.InRange(completed, Attempts / 2, Attempts);
        await stop.CancelAsync();
        await serving.WaitAsync(Bounds.Limit);
    }

    private static QuicEndpoint Open(double probability, int seed) => QuicEndpoint.Open(
        new FaultySocket(DatagramSockets.Bind(new IPEndPoint(IPAddress.Loopback, 0), DatagramSocketOptions.Default), probability, seed),
        new EndpointIdentity(new QuicEndpointOptions()));

    private static async Task ServeAsync(QuicListener listener, CancellationToken stop)
    {
        List<Task> echoes = [];
        while (!stop.IsCancellationRequested)
        {
            try
            {
                echoes.Add(EchoAsync(await listener.AcceptConnectionAsync(stop)));
            }
            catch (Exception e) when (e is OperationCanceledException or QuicException or AuthenticationException or SocketException)
            {
                // Cancelled, or a handshake that failed.
            }
        }

        await Task.WhenAll(echoes);
    }

    private static async Task EchoAsync(QuicConnection connection)
    {
        await using (connection)
        {
            try
            {
                await using QuicStream stream = await connection.AcceptInboundStreamAsync().Soon();
                await stream.CopyToAsync(stream).WaitAsync(Bounds.Limit);
                stream.CompleteWrites();
                await stream.WritesClosed.WaitAsync(Bounds.Limit);
            }
            catch (Exception e) when (e is QuicException or SocketException)
            {
                // The client is gone, or sees as much.
            }
        }
    }

    /// <summary>Passes everything on but for what it fails, by its seed.</summary>
    private sealed class FaultySocket(IDatagramSocket inner, double probability, int seed) : IDatagramSocket
    {
        private static readonly SocketError[] s_errors =
            [SocketError.WouldBlock, SocketError.NoBufferSpaceAvailable, SocketError.ConnectionRefused, SocketError.MessageSize, SocketError.NetworkUnreachable];

        private readonly Random _random = new(seed);

        public IPEndPoint LocalEndPoint => inner.LocalEndPoint;

        public bool IsClosed => inner.IsClosed;

        public int MaxSegments => inner.MaxSegments;

        public int Receive(ReceiveBatch batch, TimeSpan timeout)
        {
            int count = inner.Receive(batch, timeout);

            // What had come is lost with it.
            return count > 0 && Fails() ? throw new SocketException((int)SocketError.ConnectionReset) : count;
        }

        public bool Send(ReadOnlySpan<byte> datagrams, int segmentSize, in PathAddress local, in PathAddress remote, EcnCodepoint ecn, out SocketError error)
        {
            if (!Fails())
            {
                return inner.Send(datagrams, segmentSize, local, remote, ecn, out error);
            }

            lock (_random)
            {
                // The last of them, which ends a handshake, is rare.
                error = s_errors[_random.Next(100) == 0 ? s_errors.Length - 1 : _random.Next(s_errors.Length - 1)];
            }

            return false;
        }

        public void Wake() => inner.Wake();

        public void Dispose() => inner.Dispose();

        private bool Fails()
        {
            lock (_random)
            {
                return _random.NextDouble() < probability;
            }
        }
    }
}
