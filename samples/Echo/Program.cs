using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Echo;

using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
using X509Certificate2 certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));

await using QuicListener listener = await EchoServer.StartAsync(new IPEndPoint(IPAddress.Loopback, 0), certificate);
Task<string> answer = EchoClient.AskAsync(listener.LocalEndPoint, args.FirstOrDefault() ?? "hello", (_, peer, _, _) => certificate.Equals(peer));
Task serving = EchoServer.ServeAsync(await listener.AcceptConnectionAsync());
Console.WriteLine(await answer);
try
{
    await serving;
}
catch (QuicException e) when (e.QuicError == QuicError.ConnectionAborted)
{
    // The client is done.
}
