using Quiver.Protocol.Crypto;
using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.Tls.KeyExchange;

/// <summary>
/// X25519MLKEM768: ML-KEM's part first, then X25519's, in shares and in the secret alike.
/// ECDHE-MLKEM specification, sections 3.1.1 to 3.1.3.
/// </summary>
internal sealed class HybridKeyShare : IKeyShare
{
    private const int SecretLength = MLKem768.SecretLength + X25519.KeyLength;

    private readonly MLKem768 _kem;
    private readonly X25519KeyShare _x25519;
    private readonly byte[] _publicValue;

    public HybridKeyShare(IRandomSource random)
    {
        _kem = new MLKem768(random);
        _x25519 = new X25519KeyShare(random);
        _publicValue = [.. _kem.EncapsulationKey, .. _x25519.PublicValue];
    }

    public NamedGroup Group => NamedGroup.X25519MLKem768;

    public ReadOnlySpan<byte> PublicValue => _publicValue;

    public static KeyAgreement Respond(ReadOnlySpan<byte> clientShare, IRandomSource random)
    {
        if (clientShare.Length != MLKem768.EncapsulationKeyLength + X25519.KeyLength)
        {
            KeyExchanges.ThrowInvalidShare(NamedGroup.X25519MLKem768);
        }

        byte[] share = new byte[MLKem768.CiphertextLength + X25519.KeyLength];
        byte[] secret = new byte[SecretLength];
        using X25519KeyShare x25519 = new(random);
        x25519.Agree(clientShare[MLKem768.EncapsulationKeyLength..], secret.AsSpan(MLKem768.SecretLength));
        x25519.PublicValue.CopyTo(share.AsSpan(MLKem768.CiphertextLength));

        // An encapsulation key that fails the modulus check is refused. ECDHE-MLKEM specification, section 3.1.2.
        bool valid = MLKem768.TryEncapsulate(
            clientShare[..MLKem768.EncapsulationKeyLength],
            random,
            share.AsSpan(0, MLKem768.CiphertextLength),
            secret.AsSpan(0, MLKem768.SecretLength));
        if (!valid)
        {
            KeyExchanges.ThrowInvalidShare(NamedGroup.X25519MLKem768);
        }

        return new KeyAgreement(share, secret);
    }

    public byte[] Agree(ReadOnlySpan<byte> serverShare)
    {
        if (serverShare.Length != MLKem768.CiphertextLength + X25519.KeyLength)
        {
            KeyExchanges.ThrowInvalidShare(Group);
        }

        byte[] secret = new byte[SecretLength];
        _x25519.Agree(serverShare[MLKem768.CiphertextLength..], secret.AsSpan(MLKem768.SecretLength));
        _kem.Decapsulate(serverShare[..MLKem768.CiphertextLength], secret.AsSpan(0, MLKem768.SecretLength));
        return secret;
    }

    public void Dispose()
    {
        _kem.Dispose();
        _x25519.Dispose();
    }
}
