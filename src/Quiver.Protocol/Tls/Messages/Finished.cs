using System.Security.Cryptography;
using Quiver.Protocol.Crypto;
using Quiver.Protocol.Primitives;

namespace Quiver.Protocol.Tls.Messages;

/// <summary>Finished: a MAC over the transcript so far. RFC 9846 §4.5.3.</summary>
internal static class Finished
{
    public static ReadOnlySpan<byte> Write(TlsWriter writer, EndpointRole sender, HandshakeKeys keys)
    {
        int message = writer.BeginMessage(HandshakeType.Finished);
        keys.ComputeFinished(sender, writer.Reserve(keys.HashLength));
        return writer.EndMessage(message);
    }

    /// <summary>The transcript must not hold the message yet.</summary>
    public static void Verify(HandshakeMessage message, EndpointRole sender, HandshakeKeys keys)
    {
        Span<byte> expected = stackalloc byte[KeySchedule.MaxHashLength];
        expected = expected[..keys.HashLength];

        // The length follows from the hash. RFC 9846 §4.5.3.
        if (message.Body.Length != expected.Length)
        {
            TransportException.ThrowAlert(
                TlsAlert.DecodeError, $"TLS: Finished has {message.Body.Length} bytes; {expected.Length} were expected");
        }

        // RFC 9846 §4.5.3.
        keys.ComputeFinished(sender, expected);
        if (!CryptographicOperations.FixedTimeEquals(expected, message.Body))
        {
            TransportException.ThrowAlert(TlsAlert.DecryptError, $"TLS: the {sender}'s Finished does not match the transcript");
        }
    }
}
