using Quiver.Protocol.Tls.Messages;

namespace Quiver.Protocol.Tls.Extensions;

/// <summary>signature_algorithms. RFC 9846 §4.3.3.</summary>
internal static class SignatureAlgorithmsExtension
{
    public static void Write(TlsWriter writer, IReadOnlyList<SignatureScheme> schemes)
    {
        int extension = writer.BeginExtension(ExtensionType.SignatureAlgorithms);
        int list = writer.BeginVector(2);
        foreach (SignatureScheme scheme in schemes)
        {
            writer.WriteUInt16((ushort)scheme);
        }

        writer.EndVector(list, 2);
        writer.EndExtension(extension);
    }

    public static CodePoints Read(ReadOnlySpan<byte> data)
    {
        TlsReader reader = new(data, "extension signature_algorithms");
        CodePoints schemes = reader.ReadCodePoints16();
        reader.ExpectEnd();
        return schemes;
    }
}
