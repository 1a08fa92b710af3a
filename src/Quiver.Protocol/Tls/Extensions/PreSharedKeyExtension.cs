using Quiver.Protocol.Primitives;
using Quiver.Protocol.Tls.Messages;

namespace Quiver.Protocol.Tls.Extensions;

/// <summary>pre_shared_key: identities and binders in a ClientHello, the choice in a ServerHello. RFC 9846 §4.3.11.</summary>
internal static class PreSharedKeyExtension
{
    /// <summary>Identities that are looked at: clients offer one or two, and each may cost a decryption.</summary>
    public const int MaxIdentities = 8;

    private const int MinBinder = 32;

    /// <summary>Writes one identity and room for its binder, which is the end of the message. Returns the length of the binders with
    /// their own length: what the binder does not cover.</summary>
    public static int WriteRequest(TlsWriter writer, ReadOnlySpan<byte> identity, uint obfuscatedAge, int binderLength)
    {
        int extension = writer.BeginExtension(ExtensionType.PreSharedKey);
        int identities = writer.BeginVector(2);
        writer.WriteVector16(identity);
        writer.WriteUInt32(obfuscatedAge);
        writer.EndVector(identities, 2);
        int before = writer.Length;
        int binders = writer.BeginVector(2);
        int binder = writer.BeginVector(1);
        writer.Reserve(binderLength).Clear();
        writer.EndVector(binder, 1);
        writer.EndVector(binders, 2);
        writer.EndExtension(extension);
        return writer.Length - before;
    }

    /// <summary>Reads the identities, as many as are looked at; each has its binder. <paramref name="bindersLength"/> is what the
    /// binders take at the end of the message, with their own length.</summary>
    public static List<PskIdentity> ReadRequest(ReadOnlySpan<byte> data, out int bindersLength)
    {
        TlsReader reader = new(data, "extension pre_shared_key");
        ReadOnlySpan<byte> identities = reader.ReadVector16(7);
        bindersLength = reader.Rest.Length;
        ReadOnlySpan<byte> binders = reader.ReadVector16(MinBinder + 1);
        reader.ExpectEnd();
        TlsReader names = new(identities, "extension pre_shared_key");
        TlsReader proofs = new(binders, "extension pre_shared_key");
        List<PskIdentity> offered = [];
        while (!names.IsEmpty)
        {
            ReadOnlySpan<byte> identity = names.ReadVector16(1);
            uint age = names.ReadUInt32();

            // A binder for each identity. RFC 9846 §4.3.11.
            if (proofs.IsEmpty)
            {
                ThrowUneven();
            }

            ReadOnlySpan<byte> binder = proofs.ReadVector8(MinBinder);
            if (offered.Count < MaxIdentities)
            {
                offered.Add(new PskIdentity(identity.ToArray(), age, binder.ToArray()));
            }
        }

        if (!proofs.IsEmpty)
        {
            ThrowUneven();
        }

        return offered;
    }

    public static void WriteResponse(TlsWriter writer, int selected)
    {
        int extension = writer.BeginExtension(ExtensionType.PreSharedKey);
        writer.WriteUInt16((ushort)selected);
        writer.EndExtension(extension);
    }

    public static int ReadResponse(ReadOnlySpan<byte> data)
    {
        TlsReader reader = new(data, "extension pre_shared_key");
        int selected = reader.ReadUInt16();
        reader.ExpectEnd();
        return selected;
    }

    private static void ThrowUneven() =>
        TransportException.ThrowAlert(TlsAlert.IllegalParameter, "TLS: pre_shared_key has not as many binders as identities");
}
