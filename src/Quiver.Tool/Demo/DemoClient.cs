using System.Buffers.Binary;
using System.Diagnostics;
using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Quiver.Tool.Commands;
using Quiver.Tool.Output;

namespace Quiver.Tool.Demo;

/// <summary>The demo's client: each method is one thing to show, timed.</summary>
internal sealed class DemoClient(IPEndPoint server, X509Certificate2 certificate)
{
    private const int BufferLength = 256 << 10;

    public static readonly SslApplicationProtocol Protocol = new("quiver-demo");

    private static readonly byte[] s_shortRequest = [DemoServer.Echo, .. "a short stream"u8];

    private int _openStreams;

    /// <summary>Streams of ours that have not ended on both sides.</summary>
    public int OpenStreams => Volatile.Read(ref _openStreams);

    public ValueTask<QuicConnection> ConnectAsync(CancellationToken cancellationToken, int maxStreams = 0)
    {
        // The certificate made for this run is its own root: it is checked, not waved through.
        X509ChainPolicy policy = new() { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.Add(certificate);
        QuicClientConnectionOptions options = new()
        {
            RemoteEndPoint = server,
            MaxInboundBidirectionalStreams = maxStreams,
            DefaultStreamErrorCode = 0,
            DefaultCloseErrorCode = 0,
            ClientAuthenticationOptions = new SslClientAuthenticationOptions
            {
                ApplicationProtocols = [Protocol],
                TargetHost = "localhost",
                CertificateChainPolicy = policy,

                // The handshakes that are shown are full ones.
                AllowTlsResume = false,
            },
        };
        options.InitialReceiveWindowSizes.LocallyInitiatedBidirectionalStream = 4 << 20;
        return QuicConnection.ConnectAsync(options, cancellationToken);
    }

    /// <summary>The times of so many handshakes, one after the other, from nothing to a connection ready for streams.</summary>
    public async Task<TimeSpan[]> HandshakeAsync(int count, CancellationToken cancellationToken)
    {
        TimeSpan[] times = new TimeSpan[count];
        for (int i = 0; i < count; i++)
        {
            long start = Stopwatch.GetTimestamp();
            await using QuicConnection connection = await ConnectAsync(cancellationToken);
            times[i] = Stopwatch.GetElapsedTime(start);
        }

        return times;
    }

    /// <summary>The times of so many round trips of 64 bytes on one stream.</summary>
    public async Task<TimeSpan[]> EchoAsync(QuicConnection connection, int count, CancellationToken cancellationToken)
    {
        byte[] message = DemoPattern.At(0, 64).ToArray();
        byte[] answer = new byte[message.Length];
        TimeSpan[] times = new TimeSpan[count];
        await using QuicStream stream = await OpenAsync(connection, cancellationToken);
        await stream.WriteAsync(new[] { DemoServer.Echo }, cancellationToken);
        for (int i = 0; i < count; i++)
        {
            long start = Stopwatch.GetTimestamp();
            await stream.WriteAsync(message, cancellationToken);
            await stream.ReadExactlyAsync(answer, cancellationToken);
            times[i] = Stopwatch.GetElapsedTime(start);
            Expect(answer.AsSpan().SequenceEqual(message), "the echo is not what was sent");
        }

        stream.CompleteWrites();
        Expect(await stream.ReadAsync(answer, cancellationToken) == 0, "the echo did not end");
        await CloseAsync(stream);
        return times;
    }

    /// <summary>Receives so many bytes on one stream, comparing every one.</summary>
    public async Task TransferAsync(QuicConnection connection, long bytes, TransferMeter meter, CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[BufferLength];
        byte[] request = new byte[1 + sizeof(long)];
        request[0] = DemoServer.Transfer;
        BinaryPrimitives.WriteInt64BigEndian(request.AsSpan(1), bytes);
        await using QuicStream stream = await OpenAsync(connection, cancellationToken);
        await stream.WriteAsync(request, completeWrites: true, cancellationToken);
        long offset = 0;
        int count;
        while ((count = await stream.ReadAsync(buffer, cancellationToken)) > 0)
        {
            Expect(buffer.AsSpan(0, count).SequenceEqual(DemoPattern.At(offset, count).Span), $"wrong bytes near offset {offset}");
            offset += count;
            meter.Add(count);
        }

        Expect(offset == bytes, $"the transfer ended after {offset} of {bytes} bytes");
        await CloseAsync(stream);
    }

    /// <summary>Opens so many streams, some at a time, each with one message and its echo.</summary>
    public async Task ShortStreamsAsync(QuicConnection connection, int count, int parallel, CancellationToken cancellationToken)
    {
        int next = 0;
        Task[] workers = new Task[Math.Min(parallel, count)];
        for (int i = 0; i < workers.Length; i++)
        {
            workers[i] = Task.Run(WorkAsync, cancellationToken);
        }

        await Task.WhenAll(workers);

        async Task WorkAsync()
        {
            byte[] answer = new byte[s_shortRequest.Length];
            while (Interlocked.Increment(ref next) <= count)
            {
                await using QuicStream stream = await OpenAsync(connection, cancellationToken);
                await stream.WriteAsync(s_shortRequest, completeWrites: true, cancellationToken);
                int length = await stream.ReadAtLeastAsync(answer, answer.Length, throwOnEndOfStream: false, cancellationToken);
                Expect(answer.AsSpan(0, length).SequenceEqual(s_shortRequest.AsSpan(1)), "a short stream's echo is not what was sent");
                await CloseAsync(stream);
            }
        }
    }

    private async ValueTask<QuicStream> OpenAsync(QuicConnection connection, CancellationToken cancellationToken)
    {
        QuicStream stream = await connection.OpenOutboundStreamAsync(QuicStreamType.Bidirectional, cancellationToken);
        Interlocked.Increment(ref _openStreams);
        return stream;
    }

    // DisposeAsync returns when the stream has ended on both sides: only then does it count as closed.
    private async ValueTask CloseAsync(QuicStream stream)
    {
        await stream.DisposeAsync();
        Interlocked.Decrement(ref _openStreams);
    }

    private static void Expect(bool condition, string what)
    {
        if (!condition)
        {
            throw new ToolException($"The demo failed: {what}. This is a bug in Quiver; please report it.");
        }
    }
}
