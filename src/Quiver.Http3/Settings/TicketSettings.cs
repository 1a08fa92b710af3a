using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using Quiver.Http3.Frames;

namespace Quiver.Http3.Settings;

/// <summary>A server's settings as they are kept in its session tickets. RFC 9114 §7.2.4.2.</summary>
internal static class TicketSettings
{
    /// <summary>Of the format.</summary>
    private const byte Version = 1;

    public static byte[] Write(Http3Settings settings)
    {
        ArrayBufferWriter<byte> output = new(32);
        output.Write([Version]);
        SettingsFrame.Write(output, settings);
        return output.WrittenSpan.ToArray();
    }

    /// <summary>False for what another release wrote, or somebody else.</summary>
    public static bool TryRead(ReadOnlySpan<byte> data, [NotNullWhen(true)] out Http3Settings? settings)
    {
        settings = null;
        if (data.IsEmpty || data[0] != Version || !VarInt.TryRead(data[1..], out _, out int typeLength) || !VarInt.TryRead(data[(1 + typeLength)..], out _, out int lengthLength))
        {
            return false;
        }

        try
        {
            settings = SettingsFrame.Read(data[(1 + typeLength + lengthLength)..]);
            return true;
        }
        catch (Http3ProtocolException)
        {
            return false;
        }
    }
}
