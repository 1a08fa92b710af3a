using System.Security.Cryptography;
using Quiver.Protocol.Crypto;
using Quiver.Protocol.Tls.Extensions;
using Quiver.Protocol.Tls.Messages;

namespace Quiver.Protocol.Tls.Resumption;

/// <summary>The tickets that a ClientHello offers, as a server reads them. RFC 9846 §4.3.11.</summary>
internal sealed class PskOffer
{
    private readonly byte[] _truncatedHello;

    private PskOffer(ClientHello hello, List<PskIdentity> identities, int bindersLength)
    {
        Identities = identities;
        WantsEarlyData = hello.Extensions.Contains(ExtensionType.EarlyData);
        Random = hello.Random;
        _truncatedHello = hello.Whole[..^bindersLength].ToArray();
    }

    public IReadOnlyList<PskIdentity> Identities { get; }

    /// <summary>Whether early data comes under the first of them.</summary>
    public bool WantsEarlyData { get; }

    /// <summary>The ClientHello's random: with a binder that was checked it stands for this one attempt. RFC 9846 §8.2.</summary>
    public ReadOnlyMemory<byte> Random { get; }

    /// <summary>The message up to the binders.</summary>
    public ReadOnlySpan<byte> TruncatedHello => _truncatedHello;

    /// <summary>Null when the client offers none that we could use.</summary>
    public static PskOffer? Read(ClientHello hello)
    {
        ExtensionBlock extensions = hello.Extensions;
        if (!extensions.TryFind(ExtensionType.PreSharedKey, out ReadOnlySpan<byte> data))
        {
            return null;
        }

        List<PskIdentity> identities = PreSharedKeyExtension.ReadRequest(data, out int bindersLength);
        return AllowsTickets(hello) ? new PskOffer(hello, identities, bindersLength) : null;
    }

    /// <summary>Whether the client takes PSKs as we use them, so that tickets are of use to it. RFC 9846 §4.3.9.</summary>
    public static bool AllowsTickets(ClientHello hello) =>
        hello.Extensions.TryFind(ExtensionType.PskKeyExchangeModes, out ReadOnlySpan<byte> modes) && PskModesExtension.ReadAllows(modes);

    /// <summary>Whether the client has the key of an identity. RFC 9846 §4.3.11.2.</summary>
    public bool IsBinderRight(int index, CipherSuite suite, ReadOnlySpan<byte> psk)
    {
        Span<byte> expected = stackalloc byte[KeySchedule.MaxHashLength];
        expected = expected[..Aeads.HashLength(suite)];
        PskSecrets.ComputeBinder(suite, psk, _truncatedHello, expected);
        return CryptographicOperations.FixedTimeEquals(expected, Identities[index].Binder);
    }
}
