using System.Buffers;
using Quiver.Http3.Frames;

namespace Quiver.Http3.Settings;

/// <summary>The payload of a SETTINGS frame. RFC 9114 §7.2.4.</summary>
internal static class SettingsFrame
{
    /// <summary>A frame that is longer is not a list of settings but an attack.</summary>
    public const int MaxLength = 4 * 1024;

    public static void Write(IBufferWriter<byte> output, Http3Settings settings)
    {
        ArrayBufferWriter<byte> payload = new(64);
        if (settings.MaxFieldSectionSize is { } size)
        {
            Write(payload, SettingIds.MaxFieldSectionSize, (ulong)size);
        }

        WriteUnlessZero(payload, SettingIds.QpackMaxTableCapacity, settings.QpackMaxTableCapacity);
        WriteUnlessZero(payload, SettingIds.QpackBlockedStreams, settings.QpackBlockedStreams);
        WriteUnlessZero(payload, SettingIds.EnableConnectProtocol, settings.EnableConnectProtocol ? 1 : 0);
        WriteUnlessZero(payload, SettingIds.Datagrams, settings.EnableDatagrams ? 1 : 0);
        Write(payload, Grease.NextReserved(), 0);
        FrameWriter.WriteFrame(output, FrameTypes.Settings, payload.WrittenSpan);
    }

    public static Http3Settings Read(ReadOnlySpan<byte> payload)
    {
        HashSet<ulong> seen = [];
        Dictionary<ulong, ulong> known = [];
        while (!payload.IsEmpty)
        {
            if (!VarInt.TryRead(payload, out ulong id, out int idLength) || !VarInt.TryRead(payload[idLength..], out ulong value, out int valueLength))
            {
                Http3ProtocolException.Throw(Http3ErrorCode.FrameError, "The SETTINGS frame ends in the middle of a setting.");
                return Http3Settings.Default;
            }

            payload = payload[(idLength + valueLength)..];
            Check(id, value, isNew: seen.Add(id));
            known[id] = value;
        }

        return new Http3Settings
        {
            MaxFieldSectionSize = known.TryGetValue(SettingIds.MaxFieldSectionSize, out ulong size) ? (long)size : null,
            QpackMaxTableCapacity = (long)known.GetValueOrDefault(SettingIds.QpackMaxTableCapacity),
            QpackBlockedStreams = (long)known.GetValueOrDefault(SettingIds.QpackBlockedStreams),
            EnableConnectProtocol = known.GetValueOrDefault(SettingIds.EnableConnectProtocol) == 1,
            EnableDatagrams = known.GetValueOrDefault(SettingIds.Datagrams) == 1,
        };
    }

    private static void Check(ulong id, ulong value, bool isNew)
    {
        if (!isNew)
        {
            // RFC 9114 §7.2.4: no setting twice.
            Http3ProtocolException.Throw(Http3ErrorCode.SettingsError, $"The setting 0x{id:x} is there twice.");
        }

        if (SettingIds.IsOfHttp2(id))
        {
            // RFC 9114 §7.2.4.1: settings of HTTP/2 are an error.
            Http3ProtocolException.Throw(Http3ErrorCode.SettingsError, $"The setting 0x{id:x} is one of HTTP/2.");
        }

        if (id is SettingIds.EnableConnectProtocol or SettingIds.Datagrams && value > 1)
        {
            // RFC 9297 §2.1.1, RFC 8441 §3: 0 or 1.
            Http3ProtocolException.Throw(Http3ErrorCode.SettingsError, $"The setting 0x{id:x} is {value}; it can be 0 or 1.");
        }
    }

    private static void WriteUnlessZero(IBufferWriter<byte> output, ulong id, long value)
    {
        if (value != 0)
        {
            Write(output, id, (ulong)value);
        }
    }

    private static void Write(IBufferWriter<byte> output, ulong id, ulong value)
    {
        FrameWriter.WriteInteger(output, id);
        FrameWriter.WriteInteger(output, value);
    }
}
