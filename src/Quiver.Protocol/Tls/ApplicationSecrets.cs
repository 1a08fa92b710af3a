using System.Security.Cryptography;

namespace Quiver.Protocol.Tls;

/// <summary>The first application traffic secrets of both sides, from their derivation until they are installed. RFC 9846 §7.1.</summary>
internal sealed class ApplicationSecrets(int hashLength) : IDisposable
{
    public byte[] Client { get; } = new byte[hashLength];

    public byte[] Server { get; } = new byte[hashLength];

    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(Client);
        CryptographicOperations.ZeroMemory(Server);
    }
}
