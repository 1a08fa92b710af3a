using Quiver.Protocol.Primitives;
using Quiver.Protocol.Tls.Messages;

namespace Quiver.Protocol.Tests.Tls;

/// <summary>Runs a handshake in which one message is changed on its way, and says how it ends.</summary>
internal static class Violations
{
    public static void AssertAlert(TlsAlert expected, TransportException thrown) =>
        Assert.True(
            thrown.Code == (TransportErrorCode)((ulong)TransportErrorCode.CryptoError + (ulong)expected),
            $"{thrown.Code}, not {expected}: {thrown.Message}");

    /// <summary>The handshake must end with the alert when a message is changed.</summary>
    public static void ExpectAlert(TlsAlert expected, TlsPair pair, HandshakeType type, Func<byte[], byte[]?> edit) =>
        AssertAlert(expected, Fail(pair, type, edit));

    public static TransportException Fail(TlsPair pair, HandshakeType type, Func<byte[], byte[]?> edit)
    {
        using (pair)
        {
            Change(pair, type, edit);
            return Assert.Throws<TransportException>(() => pair.Run());
        }
    }

    public static TlsPair Change(TlsPair pair, HandshakeType type, Func<byte[], byte[]?> edit)
    {
        pair.OnTheWay = (_, _, bytes) => [MessageEditor.Edit(bytes, type, edit)];
        return pair;
    }
}
