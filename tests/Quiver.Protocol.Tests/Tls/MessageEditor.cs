using Quiver.Protocol.Tls.Messages;

namespace Quiver.Protocol.Tests.Tls;

/// <summary>Takes a flight apart and puts it together again, changed.</summary>
internal static class MessageEditor
{
    /// <summary>The messages of a flight, each with its header.</summary>
    public static List<byte[]> Split(byte[] flight)
    {
        List<byte[]> messages = [];
        for (int start = 0; start < flight.Length;)
        {
            int end = start + HandshakeMessage.HeaderLength + ReadUInt24(flight, start + 1);
            messages.Add(flight[start..end]);
            start = end;
        }

        return messages;
    }

    /// <summary>Changes the messages of one type in a flight; null removes.</summary>
    public static byte[] Edit(byte[] flight, HandshakeType type, Func<byte[], byte[]?> edit) =>
        [.. Split(flight).SelectMany(m => m[0] == (byte)type ? edit(m) ?? [] : m)];

    /// <summary>A message of a type and body.</summary>
    public static byte[] Message(HandshakeType type, byte[] body) =>
        [(byte)type, (byte)(body.Length >> 16), (byte)(body.Length >> 8), (byte)body.Length, .. body];

    /// <summary>Changes the body of a message, with the length to match.</summary>
    public static byte[] EditBody(byte[] message, Func<byte[], byte[]> edit) =>
        Message((HandshakeType)message[0], edit(message[HandshakeMessage.HeaderLength..]));

    /// <summary>Changes the extensions of a ClientHello, ServerHello, EncryptedExtensions or CertificateRequest.</summary>
    public static byte[] EditExtensions(byte[] message, Action<List<(int Type, byte[] Data)>> edit)
    {
        int block = FindExtensions(message);
        List<(int Type, byte[] Data)> extensions = [];
        for (int i = block + 2; i < message.Length;)
        {
            int length = ReadUInt16(message, i + 2);
            extensions.Add((ReadUInt16(message, i), message[(i + 4)..(i + 4 + length)]));
            i += 4 + length;
        }

        edit(extensions);
        byte[] edited = [.. extensions.SelectMany(e => (byte[])[.. UInt16(e.Type), .. UInt16(e.Data.Length), .. e.Data])];
        return Message((HandshakeType)message[0], [.. message[HandshakeMessage.HeaderLength..block], .. UInt16(edited.Length), .. edited]);
    }

    public static byte[] AddExtension(byte[] message, int type, params byte[] data) => EditExtensions(message, e => e.Add((type, data)));

    public static byte[] RemoveExtension(byte[] message, int type) => EditExtensions(message, e => e.RemoveAll(x => x.Type == type));

    public static byte[] SetExtension(byte[] message, int type, params byte[] data) =>
        EditExtensions(message, e => e[e.FindIndex(x => x.Type == type)] = (type, data));

    public static byte[] UInt16(int value) => [(byte)(value >> 8), (byte)value];

    private static int FindExtensions(byte[] message)
    {
        const int Random = 2 + 32;
        int i = HandshakeMessage.HeaderLength;
        switch ((HandshakeType)message[0])
        {
            case HandshakeType.ClientHello:
                i += Random;
                i += 1 + message[i];
                i += 2 + ReadUInt16(message, i);
                return i + 1 + message[i];
            case HandshakeType.ServerHello:
                i += Random;
                return i + 1 + message[i] + 3;
            case HandshakeType.CertificateRequest:
                return i + 1 + message[i];
            default:
                return i;
        }
    }

    private static int ReadUInt16(byte[] bytes, int i) => (bytes[i] << 8) | bytes[i + 1];

    private static int ReadUInt24(byte[] bytes, int i) => (bytes[i] << 16) | ReadUInt16(bytes, i + 1);
}
