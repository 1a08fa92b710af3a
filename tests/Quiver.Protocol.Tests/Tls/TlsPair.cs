using System.Text;
using Quiver.Protocol.Primitives;
using Quiver.Protocol.Tls;

namespace Quiver.Protocol.Tests.Tls;

/// <summary>A client and a server joined in memory; the test may change bytes on their way.</summary>
internal sealed class TlsPair : IDisposable
{
    public static readonly byte[] ClientParameters = [1, 2, 3];
    public static readonly byte[] ServerParameters = [4, 5, 6, 7];

    private readonly ServerTlsSettings _serverSettings;

    public TlsPair(ClientTlsSettings? client = null, ServerTlsSettings? server = null, int seed = 1)
    {
        _serverSettings = server ?? ServerSettings();
        Client = new ClientHandshake(client ?? ClientSettings(), ClientParameters, ClientSink, new SeededRandom(seed));
        Server = new ServerHandshake(ServerSink, new SeededRandom(seed + 1));
    }

    public RecordingSink ClientSink { get; } = new();

    public RecordingSink ServerSink { get; } = new();

    public ClientHandshake Client { get; }

    public ServerHandshake Server { get; }

    /// <summary>May replace what is sent: (from the client, level, bytes) to pieces.</summary>
    public Func<bool, EncryptionLevel, byte[], IEnumerable<byte[]>> OnTheWay { get; set; } = (_, _, bytes) => [bytes];

    /// <summary>The verdict on the server's, or client's, certificate.</summary>
    public TlsAlert? Rejection { get; set; }

    public static ReadOnlyMemory<byte> Protocol(string name) => Encoding.ASCII.GetBytes(name);

    public static ClientTlsSettings ClientSettings(string? serverName = "localhost") =>
        new() { Protocols = [Protocol("h3")], ServerName = serverName };

    public static ServerTlsSettings ServerSettings() => new() { Protocols = [Protocol("h3")], Certificate = TestCertificates.P256 };

    /// <summary>What the server's settings become once it has seen the ClientHello.</summary>
    public Func<ServerHandshake, ServerTlsSettings, ServerTlsSettings> OnSettings { get; set; } = (_, settings) => settings;

    public TlsPair Run()
    {
        Client.Start();
        Deliver();
        return this;
    }

    /// <summary>Carries over whatever was sent.</summary>
    public void Deliver()
    {
        while (Deliver(fromClient: true) | Deliver(fromClient: false))
        {
        }
    }

    public void Dispose()
    {
        Client.Dispose();
        Server.Dispose();
    }

    private bool Deliver(bool fromClient)
    {
        RecordingSink from = fromClient ? ClientSink : ServerSink;
        ITlsHandshake to = fromClient ? Server : Client;
        bool any = false;
        while (from.Outbox.TryDequeue(out (EncryptionLevel Level, byte[] Bytes) sent))
        {
            any = true;
            foreach (byte[] piece in OnTheWay(fromClient, sent.Level, sent.Bytes))
            {
                to.Receive(sent.Level, piece);
            }

            Resume(to);
        }

        return any;
    }

    private void Resume(ITlsHandshake handshake)
    {
        while (handshake.Suspension != TlsSuspension.None)
        {
            if (handshake.Suspension == TlsSuspension.ServerSettings)
            {
                handshake.ResumeWithServerSettings(OnSettings(Server, _serverSettings), ServerParameters);
            }
            else
            {
                handshake.ResumeWithCertificateVerdict(Rejection, "rejected by the test");
            }
        }
    }
}
