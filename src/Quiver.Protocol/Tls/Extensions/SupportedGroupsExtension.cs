using Quiver.Protocol.Tls.Messages;

namespace Quiver.Protocol.Tls.Extensions;

/// <summary>supported_groups. RFC 9846 §4.3.7.</summary>
internal static class SupportedGroupsExtension
{
    public static void Write(TlsWriter writer, IReadOnlyList<NamedGroup> groups)
    {
        int extension = writer.BeginExtension(ExtensionType.SupportedGroups);
        int list = writer.BeginVector(2);
        foreach (NamedGroup group in groups)
        {
            writer.WriteUInt16((ushort)group);
        }

        writer.EndVector(list, 2);
        writer.EndExtension(extension);
    }

    public static CodePoints Read(ReadOnlySpan<byte> data)
    {
        TlsReader reader = new(data, "extension supported_groups");
        CodePoints groups = reader.ReadCodePoints16();
        reader.ExpectEnd();
        return groups;
    }
}
